// Options that are documents, as the C API gives them: a file, which is read at once, or memory, which is
// copied.
#pragma once

#include "capi/config.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace capi {

// from_file reads a file into the material. The error begins with the option's name.
[[nodiscard]] result<void> from_file(std::string_view option, const char* path, material& into);

// from_memory copies; a null pointer is nothing.
[[nodiscard]] material from_memory(const std::uint8_t* content, std::size_t size);

// pair_of_files reads them all; a null pointer is no key, or no staple.
[[nodiscard]] result<keypair> pair_of_files(const char* cert, const char* key, const char* staple);

// The setters of one such option.
int set_file(tls_config&, std::string_view option, const char* path, material options::*field);
int set_memory(tls_config&, const std::uint8_t* content, std::size_t size, material options::*field);

}  // namespace capi

STLS_NAMESPACE_END
