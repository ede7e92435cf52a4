// Private keys of every kind and in every wrapping, on real connections.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace stls::test {
namespace {

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using key_ctx_ptr = std::unique_ptr<EVP_PKEY_CTX, deleter<EVP_PKEY_CTX_free>>;
using x509_ptr = std::unique_ptr<X509, deleter<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, deleter<BIO_free>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

key_ptr generate(const std::string& kind) {
  if (kind == "RSA-PSS") {
    const key_ctx_ptr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_keygen_init(ctx.get());
    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx.get(), 2048);
    EVP_PKEY_keygen(ctx.get(), &key);
    return key_ptr(key);
  }
  if (kind == "DSA") {
    const key_ctx_ptr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr));
    EVP_PKEY* numbers = nullptr;
    EVP_PKEY_paramgen_init(ctx.get());
    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx.get(), 1024);
    EVP_PKEY_paramgen(ctx.get(), &numbers);
    const key_ptr owner(numbers);
    const key_ctx_ptr again(EVP_PKEY_CTX_new_from_pkey(nullptr, numbers, nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_keygen_init(again.get());
    EVP_PKEY_keygen(again.get(), &key);
    return key_ptr(key);
  }
  return key_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str()));
}

// A certificate for localhost with a key of that kind, signed by itself, or by a key of another kind where it
// cannot.
keypair make_pair(const std::string& kind, EVP_PKEY* signer = nullptr) {
  const auto key = generate(kind);
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
  EXPECT_GT(X509_sign(cert.get(), signer != nullptr ? signer : key.get(),
                      brings_its_own_digest ? nullptr : EVP_sha256()),
            0)
      << kind;
  const bio_ptr cert_text(BIO_new(BIO_s_mem()));
  const bio_ptr key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(cert_text.get(), cert.get());
  PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {.cert = pem::text(text_of(cert_text.get())), .key = pem::text(text_of(key_text.get()))};
}

class matrix_keys : public ::testing::TestWithParam<engine_case> {
 protected:
  static meeting with(const keypair& pair, const std::string& password = "") {
    auto server = GetParam().server_options();
    server.cert = pair.cert;
    server.key = pair.key;
    server.key_password = password;
    auto client = GetParam().client_options();
    client.ca = pair.cert;
    return meet(client, server);
  }
  static result<config> config_of(const keypair& pair, const std::string& password = "") {
    auto server = GetParam().server_options();
    server.cert = pair.cert;
    server.key = pair.key;
    server.key_password = password;
    return config::make(server);
  }
  static bool on_libssl() {
    return GetParam().server->name() == "libssl" && GetParam().client->name() == "libssl";
  }
};

TEST_P(matrix_keys, edwards_and_pss_keys_work) {
  if (!on_libssl()) GTEST_SKIP() << "not on every engine";
  for (const char* kind : {"ED25519", "ED448", "RSA-PSS"}) {
    const auto m = with(make_pair(kind));
    EXPECT_TRUE(m.ok) << kind << ": " << m.client.message << "; " << m.server.message;
  }
}

TEST_P(matrix_keys, kinds_that_tls_cannot_use_are_refused_by_name) {
  if (!on_libssl()) GTEST_SKIP() << "sentences of libssl";
  EXPECT_TRUE(is_error(config_of(make_pair("DSA")), errc::bad_config,
                       "key: a key of the kind DSA cannot be used; RSA, EC and Ed25519 can"));
  const key_ptr signer(EVP_EC_gen("P-256"));
  EXPECT_TRUE(is_error(config_of(make_pair("X25519", signer.get())), errc::bad_config,
                       "key: a key of the kind X25519 cannot be used; RSA, EC and Ed25519 can"));
}

TEST_P(matrix_keys, every_wrapping_is_read) {
  const auto pair = [](const char* cert, const char* key) {
    return keypair{.cert = pki::file(cert), .key = pki::file(key)};
  };
  auto client = GetParam().client_options();
  client.ca = pki::file("ca-bundle.pem");
  const auto works = [&](const keypair& p, const std::string& password = "") {
    auto server = GetParam().server_options();
    server.cert = p.cert;
    server.key = p.key;
    server.key_password = password;
    const auto m = meet(client, server);
    return m.ok ? ::testing::AssertionSuccess()
                : ::testing::AssertionFailure() << m.client.message << "; " << m.server.message;
  };
  EXPECT_TRUE(works(pair("server.pem", "server.key")));
  EXPECT_TRUE(works(pair("server.pem", "server-ec-sec1.key")));
  EXPECT_TRUE(works(pair("server-crlf.pem", "server-crlf.key")));
  EXPECT_TRUE(works(pair("server-rsa.pem", "server-rsa-pkcs1.key")));
  EXPECT_TRUE(works(pair("server-rsa.pem", "server-rsa-pkcs8.key")));
  if (GetParam().server->capabilities().encrypted_keys) {
    EXPECT_TRUE(works(pair("server.pem", "server-encrypted.key"), "secret"));
    EXPECT_TRUE(works(pair("server.pem", "server-legacy-encrypted.key"), "secret"));
  }
  // `openssl ecparam -genkey` writes the name of the curve before the key.
  const std::string parameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  keypair with_parameters = pair("server.pem", "server-ec-sec1.key");
  with_parameters.key = pem::text(parameters + pki::read(pki::path("server-ec-sec1.key")));
  EXPECT_TRUE(works(with_parameters));
}

TEST_P(matrix_keys, an_encrypted_key_needs_its_password) {
  if (!GetParam().server->capabilities().encrypted_keys) GTEST_SKIP() << "an engine without them";
  for (const char* file : {"server-encrypted.key", "server-legacy-encrypted.key"}) {
    const keypair pair{.cert = pki::file("server.pem"), .key = pki::file(file)};
    EXPECT_TRUE(is_error(config_of(pair), errc::bad_pem, "key: is encrypted; set key_password")) << file;
    EXPECT_TRUE(
        is_error(config_of(pair, "wrong"), errc::bad_pem, "key: cannot be decrypted with key_password"))
        << file;
  }
}

TEST_P(matrix_keys, of_another_certificate_are_refused) {
  EXPECT_TRUE(is_error(config_of({.cert = pki::file("server.pem"), .key = pki::file("server-a.key")}),
                       errc::key_mismatch, "key: does not belong to the certificate in cert"));
  EXPECT_TRUE(is_error(config_of({.cert = pki::file("server.pem"), .key = pki::file("server-rsa.key")}),
                       errc::key_mismatch, "key: does not belong to the certificate in cert"));
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_keys, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
