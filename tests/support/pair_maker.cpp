#include "support/pair_maker.hpp"

#include "engine/libssl/openssl.hpp"

#include <gtest/gtest.h>

#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace stls::test {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

evp_pkey_ptr generate(const std::string& kind) {
  if (kind == "RSA-PSS") {
    const evp_pkey_ctx_ptr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_keygen_init(ctx.get());
    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx.get(), 2048);
    EVP_PKEY_keygen(ctx.get(), &key);
    return evp_pkey_ptr(key);
  }
  if (kind == "DSA") {
    const evp_pkey_ctx_ptr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr));
    EVP_PKEY* numbers = nullptr;
    EVP_PKEY_paramgen_init(ctx.get());
    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx.get(), 1024);
    EVP_PKEY_paramgen(ctx.get(), &numbers);
    const evp_pkey_ptr owner(numbers);
    const evp_pkey_ctx_ptr again(EVP_PKEY_CTX_new_from_pkey(nullptr, numbers, nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_keygen_init(again.get());
    EVP_PKEY_keygen(again.get(), &key);
    return evp_pkey_ptr(key);
  }
  if (kind.starts_with("P-")) return evp_pkey_ptr(EVP_EC_gen(kind.c_str()));
  return evp_pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str()));
}

}  // namespace

keypair make_pair(const std::string& kind, const std::string& kind_of_signer) {
  const auto key = generate(kind);
  const auto other = kind_of_signer.empty() ? nullptr : generate(kind_of_signer);
  EXPECT_TRUE(key) << kind;
  const x509_ptr cert(X509_new());
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -86400L);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86400L);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  X509V3_CTX context;
  X509V3_set_ctx(&context, cert.get(), cert.get(), nullptr, nullptr, 0);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(cert.get(), names, -1);
  X509_EXTENSION_free(names);
  const bool brings_its_own_digest = kind.starts_with("ED");
  EXPECT_GT(
      X509_sign(cert.get(), other ? other.get() : key.get(), brings_its_own_digest ? nullptr : EVP_sha256()),
      0)
      << kind;
  const bio_ptr cert_text(BIO_new(BIO_s_mem()));
  const bio_ptr key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(cert_text.get(), cert.get());
  PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {.cert = pem::text(text_of(cert_text.get())), .key = pem::text(text_of(key_text.get()))};
}

}  // namespace stls::test
