// The option alpn (RFC 7301).
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// parse_alpn cuts the list at its commas. No item may be empty or longer than 255 bytes.
[[nodiscard]] result<std::vector<std::string>> parse_alpn(std::string_view list);

STLS_NAMESPACE_END
