// Cipher suites in libssl's language.
#pragma once

#include "config/ciphers.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// knows_cipher says whether the library that is loaded now has a suite, and lets it pass at stls's security
// level.
[[nodiscard]] bool knows_cipher(std::string_view iana_name) noexcept;

// expand_expression gives what such an expression stands for at that level, by IANA's names.
[[nodiscard]] result<std::vector<std::string>> expand_expression(std::string_view expression);

// openssl_ciphers joins the names of the suites of TLS 1.3, or of those before.
[[nodiscard]] std::string openssl_ciphers(const cipher_list&, bool tls1_3);

STLS_NAMESPACE_END
