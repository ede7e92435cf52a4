// Reading small files whole.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// document_limit is the greatest size of a certificate bundle, a key or any other document of an option.
inline constexpr std::size_t document_limit = std::size_t{16} << 20;

// read_file gives the content of a file, device or pipe. Errors: a std::errc of the system with its sentence,
// `cannot read '/a/b.pem': No such file or directory`; errc::too_large.
[[nodiscard]] result<std::string> read_file(const std::string& path, std::size_t limit = document_limit);

// list_directory gives the names of a directory's entries, sorted, without . and ..
[[nodiscard]] result<std::vector<std::string>> list_directory(const std::string& path);

STLS_NAMESPACE_END
