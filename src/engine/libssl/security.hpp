// The strength that stls asks of libssl, whatever openssl.cnf says.
#pragma once

#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// Level 2 is 112 bits: RSA of 2048 bits, curves of 224, no SHA-1 in signatures
// (SSL_CTX_set_security_level(3)).
inline constexpr int security_level = 2;

STLS_NAMESPACE_END
