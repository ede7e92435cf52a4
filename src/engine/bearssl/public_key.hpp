// Public keys in BearSSL's form.
#pragma once

#include "x509/public_key.hpp"

#include <bearssl.h>
#include <stls/export.hpp>

#include <optional>

STLS_NAMESPACE_BEGIN

// bearssl_key gives the key as BearSSL has it, with views of the same bytes. Nothing: a kind, a curve or a
// size that BearSSL does not know (Ed25519, RSA-PSS, compressed points, RSA of more than 4096 bits).
[[nodiscard]] std::optional<br_x509_pkey> bearssl_key(const x509::public_key&) noexcept;

STLS_NAMESPACE_END
