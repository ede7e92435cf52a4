// sign_request: what options::sign receives, for private keys that stls never sees.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// signature_padding says what becomes of the input before the private key is applied to it. The values are
// libtls's.
enum class signature_padding : std::uint8_t {
  // With an EC key the input is a digest, and the signature an Ecdsa-Sig-Value in DER (RFC 3279 section
  // 2.2.3). With an RSA key the input is padded already, and as long as the modulus (RSASSA-PSS): the
  // signature is RSASP1 of it (RFC 8017 section 5.2.1).
  none = 0,
  // For RSA keys alone: the input is a DigestInfo (in TLS 1.0 and 1.1 MD5 and SHA-1, 36 bytes), which is to
  // be padded as EMSA-PKCS1-v1_5 has it (RFC 8017 section 9.2, steps 3 to 5).
  rsa_pkcs1 = 1,
};

// sign_request asks for one signature. It is good for the call, as what it points to is.
struct sign_request {
  // Whose: `SHA256:` and a hash, in lower case hexadecimal, of the certificate's public key. What is hashed
  // is the content of the BIT STRING subjectPublicKey (RFC 5280 section 4.1.2.7), as libtls has it.
  std::string_view key_hash{};
  std::span<const std::byte> input{};
  signature_padding padding = signature_padding::none;
};

// sign_function gives the signature, or an error whose sentence is shown to people: no secret may be in it.
using sign_function = std::function<result<std::vector<std::byte>>(const sign_request&)>;

STLS_NAMESPACE_END
