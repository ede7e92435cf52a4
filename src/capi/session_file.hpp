// The file of tls_config_set_session_fd.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace capi {

// check_session_file refuses what others than its owner could read: it must be a regular file of this user,
// mode 0600.
[[nodiscard]] result<void> check_session_file(int descriptor);

// read_session_file gives its content, from the beginning; nothing if it cannot be read.
[[nodiscard]] std::vector<std::byte> read_session_file(int descriptor);

// write_session_file replaces its content. One that cannot be written is left empty.
void write_session_file(int descriptor, std::span<const std::byte> session) noexcept;

}  // namespace capi

STLS_NAMESPACE_END
