// Private keys of every kind and in every wrapping, on real connections.
#include "support/expect.hpp"
#include "support/pair_maker.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stls::test {
namespace {

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
  EXPECT_TRUE(is_error(config_of(make_pair("X25519", "P-256")), errc::bad_config,
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
