// Private keys that sign for other configs: the end of options::sign that has them.
#pragma once

#include "base/pem.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sign_request.hpp>

#include <string>

STLS_NAMESPACE_BEGIN

// hash_of_key is sign_request::key_hash of the certificate's public key.
[[nodiscard]] std::string hash_of_key(const X509* certificate);

// sign_with does what the request asks for, whatever key hash it names. Errors: invalid_argument.
[[nodiscard]] result<bytes> sign_with(EVP_PKEY* key, const sign_request&);

STLS_NAMESPACE_END
