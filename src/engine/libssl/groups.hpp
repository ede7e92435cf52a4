// Groups in libssl's language.
#pragma once

#include "config/groups.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/export.hpp>

#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// openssl_groups is the argument of SSL_CTX_set1_groups_list(3).
[[nodiscard]] std::string openssl_groups(const group_list&);

// knows_group asks the library that is loaded now, which may be newer than the one that was compiled with.
[[nodiscard]] bool knows_group(std::string_view canonical) noexcept;

// group_name gives the canonical name of a negotiated group's id (SSL_get_negotiated_group(3)).
[[nodiscard]] std::string group_name(SSL*);

// finite_field_name names the parameters of a DH key: DHE before TLS 1.3 has no groups, but numbers of the
// server's choice. "ffdhe2048", "modp_2048" (RFC 3526), or "dh 2048 bits" for others; "" for a key of another
// kind.
[[nodiscard]] std::string finite_field_name(const EVP_PKEY*);

STLS_NAMESPACE_END
