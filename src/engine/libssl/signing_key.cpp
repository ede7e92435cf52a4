#include "engine/libssl/signing_key.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/certificate_hash.hpp"
#include "engine/libssl/digest.hpp"
#include "engine/libssl/errors.hpp"

#include <openssl/rsa.h>

#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace {

const unsigned char* octets(std::span<const std::byte> data) noexcept {
  return reinterpret_cast<const unsigned char*>(data.data());
}

result<int> rsa_padding(signature_padding padding) {
  switch (padding) {
    case signature_padding::none:
      return RSA_NO_PADDING;
    case signature_padding::rsa_pkcs1:
      return RSA_PKCS1_PADDING;
  }
  return fail(errc::invalid_argument,
              cat({"invalid padding type (", std::to_string(static_cast<int>(padding)), ")"}));
}

tl::unexpected<error> cannot_sign() {
  return fail(errc::invalid_argument, cat({"the key cannot sign that: ", take_queue().reason()}));
}

}  // namespace

std::string hash_of_key(const X509* certificate) {
  const ASN1_BIT_STRING* key = X509_get0_pubkey_bitstr(certificate);
  return written_hash(digest::of({reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(key)),
                                  static_cast<std::size_t>(ASN1_STRING_length(key))}));
}

result<bytes> sign_with(EVP_PKEY* key, const sign_request& request) {
  const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  if (!rsa && EVP_PKEY_is_a(key, "EC") != 1)
    return fail(errc::invalid_argument, "keys of this kind sign nothing for others; RSA and EC keys do");
  auto padding = rsa_padding(request.padding);
  if (!padding) return fail(std::move(padding.error()));
  if (!rsa && request.padding != signature_padding::none)
    return fail(errc::invalid_argument, "an EC key knows no padding");

  forget_errors();
  const evp_pkey_ctx_ptr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  std::size_t size = 0;
  if (!ctx || EVP_PKEY_sign_init(ctx.get()) != 1 ||
      (rsa && EVP_PKEY_CTX_set_rsa_padding(ctx.get(), *padding) != 1) ||
      EVP_PKEY_sign(ctx.get(), nullptr, &size, octets(request.input), request.input.size()) != 1) {
    return cannot_sign();
  }
  bytes signature(size);
  if (EVP_PKEY_sign(ctx.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                    octets(request.input), request.input.size()) != 1) {
    return cannot_sign();
  }
  signature.resize(size);
  return signature;
}

STLS_NAMESPACE_END
