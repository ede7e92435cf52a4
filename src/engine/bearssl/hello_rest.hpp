// What BearSSL has not read yet of a ClientHello when it looks for a session.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

// servername_in reads the server's name out of what stands behind the session's ID; it is empty where the
// client names none. Nothing: the ClientHello goes on in another record, or is odd.
[[nodiscard]] std::optional<std::string_view> servername_in(std::span<const std::byte> hello_rest) noexcept;

STLS_NAMESPACE_END
