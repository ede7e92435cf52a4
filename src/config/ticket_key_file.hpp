// The file of the option ticket_keys.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/keyring.hpp>

#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// read_ticket_keys gives a keyring of the keys in a file; its format stands with ticket_key_source.
[[nodiscard]] result<keyring> read_ticket_keys(const std::string& path);

// parse_ticket_key_file is the same of its content.
[[nodiscard]] result<keyring> parse_ticket_key_file(std::string_view text);

STLS_NAMESPACE_END
