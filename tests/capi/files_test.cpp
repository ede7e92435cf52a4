#include "capi/kit.hpp"
#include "support/pki.hpp"

#include <stls/engine.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace capi {
namespace {

namespace pki = stls::test::pki;

std::string loaded(const char* name, const char* password = nullptr) {
  std::string word = password == nullptr ? "" : password;
  std::size_t size = 0;
  uint8_t* content =
      tls_load_file(pki::path(name).c_str(), &size, password == nullptr ? nullptr : word.data());
  if (content == nullptr) return "(none)";
  EXPECT_EQ(content[size], 0) << "it can be used as a string";
  std::string copy(reinterpret_cast<const char*>(content), size);
  tls_unload_file(content, size);
  return copy;
}

TEST(capi_files, are_loaded_as_they_are) {
  EXPECT_EQ(loaded("server.pem"), pki::read(pki::path("server.pem")));
  EXPECT_EQ(loaded("there is none"), "(none)");
  std::size_t size = 0;
  EXPECT_EQ(tls_load_file(nullptr, &size, nullptr), nullptr);
  EXPECT_EQ(tls_load_file(pki::path("server.pem").c_str(), nullptr, nullptr), nullptr);
  tls_unload_file(nullptr, 0);
}

TEST(capi_files, keys_are_decrypted_with_the_password) {
  const auto engines = stls::providers();
  if (std::none_of(engines.begin(), engines.end(),
                   [](const stls::provider* p) { return p->capabilities().encrypted_keys; })) {
    EXPECT_EQ(loaded("server-encrypted.key", "secret"), "(none)");
    return;
  }
  for (const char* name : {"server-encrypted.key", "server-legacy-encrypted.key"}) {
    const std::string key = loaded(name, "secret");
    const config s(tls_config_new());
    ASSERT_EQ(tls_config_set_key_mem(s.get(), reinterpret_cast<const uint8_t*>(key.data()), key.size()), 0);
    ASSERT_EQ(tls_config_set_cert_file(s.get(), pki::path("server.pem").c_str()), 0);
    const context ctx = server(s);
    EXPECT_EQ(tls_error(ctx.get()), nullptr) << name;
  }
  EXPECT_EQ(loaded("server-encrypted.key", "wrong"), "(none)");
  EXPECT_EQ(loaded("server.pem", "secret"), "(none)") << "a certificate is no key";
}

TEST(capi_files, crlf_and_many_certificates_are_normal) {
  const config c(tls_config_new());
  ASSERT_EQ(tls_config_set_ca_file(c.get(), pki::path("ca-bundle.pem").c_str()), 0);
  const config s(tls_config_new());
  ASSERT_EQ(tls_config_set_keypair_file(s.get(), pki::path("server-crlf.pem").c_str(),
                                        pki::path("server-crlf.key").c_str()),
            0);
  link l;
  l.open(c, s);
  EXPECT_TRUE(l.shake());
}

TEST(capi_files, a_directory_of_roots) {
  const config c(tls_config_new());
  ASSERT_EQ(tls_config_set_ca_path(c.get(), pki::path("ca-dir").c_str()), 0);
  link l;
  l.open(c, server_config());
  EXPECT_TRUE(l.shake());
}

TEST(capi_files, revocation_lists) {
  const config c = client_config();
  ASSERT_EQ(tls_config_set_crl_file(c.get(), pki::path("crl.pem").c_str()), 0);
  const context probe(tls_client());
  if (!engine().crl) {
    EXPECT_EQ(tls_configure(probe.get(), c.get()), -1);
    EXPECT_EQ(text(tls_error(probe.get())), "crl: not supported by engine 'bearssl'");
    return;
  }
  ASSERT_EQ(tls_configure(probe.get(), c.get()), 0) << text(tls_error(probe.get()));
  {
    link l;
    l.open(c, server_config());
    EXPECT_TRUE(l.shake());
  }
  link l;
  l.open(c, server_config("revoked"));
  EXPECT_NE(l.client_refusal().find("revoked"), std::string::npos);
}

}  // namespace
}  // namespace capi
