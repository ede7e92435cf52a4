#include "support/evp_verifier.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <variant>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::test {
namespace {

using namespace x509;

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using digest_ptr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

bytes copy(der_view octets) { return {octets.begin(), octets.end()}; }
bytes whole_octets(const bytes& content) { return tlv(0x03, {bytes{std::byte{0}}, content}); }
bytes positive(der_view number) {
  const bool looks_negative = (std::to_integer<unsigned>(number[0]) & 0x80U) != 0;
  return tlv(0x02, {bytes(looks_negative ? 1 : 0), copy(number)});
}

// The key is encoded anew from what was read of it, so that a view which is off by one does not verify.
bytes encode(const public_key& key) {
  if (const auto* rsa = std::get_if<rsa_key>(&key)) {
    return sequence({sequence({oid("2a864886f70d010101"), tlv(0x05, "")}),
                     whole_octets(sequence({positive(rsa->modulus), positive(rsa->exponent)}))});
  }
  if (const auto* ec = std::get_if<ec_key>(&key)) {
    const char* const curve = ec->on == curve::p256   ? "2a8648ce3d030107"
                              : ec->on == curve::p384 ? "2b81040022"
                              : ec->on == curve::p521 ? "2b81040023"
                                                      : "";
    return sequence({sequence({oid("2a8648ce3d0201"), oid(curve)}), whole_octets(copy(ec->point))});
  }
  if (const auto* ed = std::get_if<ed25519_key>(&key))
    return sequence({sequence({oid("2b6570")}), whole_octets(copy(ed->point))});
  if (const auto* ed = std::get_if<ed448_key>(&key))
    return sequence({sequence({oid("2b6571")}), whole_octets(copy(ed->point))});
  return {};
}

const EVP_MD* digest_of(const signature_algorithm& algorithm) {
  if (algorithm.kind == signature_kind::ed25519 || algorithm.kind == signature_kind::ed448) return nullptr;
  switch (algorithm.digest) {
    case hash::md5:
      return EVP_md5();
    case hash::sha1:
      return EVP_sha1();
    case hash::sha224:
      return EVP_sha224();
    case hash::sha256:
      return EVP_sha256();
    case hash::sha384:
      return EVP_sha384();
    case hash::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

const unsigned char* octets(der_view view) { return reinterpret_cast<const unsigned char*>(view.data()); }

}  // namespace

bool evp_verifier::verify(const signature_algorithm& algorithm, const public_key& key, der_view message,
                          der_view signature) const noexcept {
  const bytes encoded = encode(key);
  const auto* in = octets(encoded);
  const key_ptr parsed(d2i_PUBKEY(nullptr, &in, static_cast<long>(encoded.size())), EVP_PKEY_free);
  const digest_ptr digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* ctx = nullptr;
  bool good = parsed != nullptr &&
              EVP_DigestVerifyInit(digest.get(), &ctx, digest_of(algorithm), nullptr, parsed.get()) == 1;
  if (good && algorithm.kind == signature_kind::rsa_pss) {
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, static_cast<int>(algorithm.salt_size)) == 1;
  }
  good = good && EVP_DigestVerify(digest.get(), octets(signature), signature.size(), octets(message),
                                  message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace stls::test
