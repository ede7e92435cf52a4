// Keys that are elsewhere: tls_config_set_sign_cb, the tls_signer that has them, and error codes.
#define LIBRESSL_NEXT_API

#include "capi/kit.hpp"
#include "support/key_hash.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace capi {
namespace {

namespace pki = stls::test::pki;

struct signer_deleter {
  void operator()(tls_signer* p) const { tls_signer_free(p); }
};
using signer = std::unique_ptr<tls_signer, signer_deleter>;

std::string pem_of(const std::string& file) { return pki::read(pki::path(file)); }
const uint8_t* octets(const std::string& s) { return reinterpret_cast<const uint8_t*>(s.data()); }

signer signer_with(const std::vector<std::string>& pairs) {
  signer made(tls_signer_new());
  for (const std::string& pair : pairs) {
    EXPECT_EQ(tls_signer_add_keypair_file(made.get(), pki::path(pair + ".pem").c_str(),
                                          pki::path(pair + ".key").c_str()),
              0)
        << text(tls_signer_error(made.get()));
  }
  return made;
}

std::string hash_of(const std::string& pair) { return stls::test::key_hash(pem_of(pair + ".pem")); }

// far is who is asked for signatures: a signer, and what it was asked for.
struct far {
  signer keys;
  std::vector<std::string> hashes{};
  std::vector<int> paddings{};

  static int sign(void* self, const char* hash, const uint8_t* input, size_t size, int padding, uint8_t** out,
                  size_t* out_size) {
    auto& f = *static_cast<far*>(self);
    f.hashes.emplace_back(hash);
    f.paddings.push_back(padding);
    return tls_signer_sign(f.keys.get(), hash, input, size, padding, out, out_size);
  }
};

config server_without_key(const std::string& pair) {
  config made(tls_config_new());
  EXPECT_EQ(tls_config_set_keypair_file(made.get(), pki::path(pair + ".pem").c_str(), nullptr), 0)
      << text(tls_config_error(made.get()));
  return made;
}

// Configs with callbacks are refused by engines that cannot.
bool refused(const config& c) {
  if (engine().external_keys) return false;
  const context ctx(tls_server());
  EXPECT_EQ(tls_configure(ctx.get(), c.get()), -1);
  EXPECT_EQ(text(tls_error(ctx.get())), "sign: not supported by engine 'bearssl'");
  return true;
}

TEST(capi_signer, signs_for_servers_in_both_versions) {
  for (const char* pair : {"server", "server-rsa"}) {
    for (const std::uint32_t version : {TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOL_TLSv1_3}) {
      far f{.keys = signer_with({"client", pair})};
      const config s = server_without_key(pair);
      ASSERT_EQ(tls_config_set_sign_cb(s.get(), far::sign, &f), 0);
      if (refused(s)) return;
      const config c = client_config();
      ASSERT_EQ(tls_config_set_ca_file(c.get(), pki::path("ca-bundle.pem").c_str()), 0);
      ASSERT_EQ(tls_config_set_protocols(c.get(), version), 0);
      link l;
      l.open(c, s);
      ASSERT_TRUE(l.shake() && l.greet()) << text(tls_error(l.server.get()));
      EXPECT_EQ(f.hashes, std::vector{hash_of(pair)});
      EXPECT_EQ(f.paddings, std::vector{TLS_PADDING_NONE}) << "an EC key's, or PSS";
    }
  }
}

TEST(capi_signer, signs_for_clients) {
  far f{.keys = signer_with({"client"})};
  const config c = client_config();
  ASSERT_EQ(tls_config_set_cert_file(c.get(), pki::path("client.pem").c_str()), 0);
  ASSERT_EQ(tls_config_set_sign_cb(c.get(), far::sign, &f), 0);
  if (refused(c)) return;
  const config s = server_config();
  tls_config_set_ca_file(s.get(), pki::path("ca.pem").c_str());
  tls_config_verify_client(s.get());
  link l;
  l.open(c, s);
  ASSERT_TRUE(l.shake() && l.greet()) << text(tls_error(l.client.get()));
  EXPECT_EQ(text(tls_peer_cert_common_name(l.server.get())), "client");
  EXPECT_EQ(f.hashes, std::vector{hash_of("client")});
}

TEST(capi_signer, signs_instead_of_the_keys_that_a_config_has) {
  far f{.keys = signer_with({"server"})};
  const config s = server_config();
  tls_config_skip_private_key_check(s.get());
  tls_config_use_fake_private_key(s.get());
  ASSERT_EQ(tls_config_set_sign_cb(s.get(), far::sign, &f), 0);
  if (refused(s)) return;
  const context before = server(s);
  tls_config_clear_keys(s.get());
  {
    link l;
    l.open(client_config(), s);
    ASSERT_TRUE(l.shake() && l.greet()) << text(tls_error(l.server.get()));
    EXPECT_EQ(f.hashes.size(), 1U);
  }
  ASSERT_EQ(tls_config_set_sign_cb(s.get(), nullptr, nullptr), 0);
  const context after(tls_server());
  EXPECT_EQ(tls_configure(after.get(), s.get()), -1) << "nobody signs any more";
}

TEST(capi_signer, a_callback_that_fails_ends_the_handshake) {
  struct trial {
    tls_sign_cb callback;
    const char* sentence;
  };
  const std::vector<trial> trials = {
      {[](void*, const char*, const uint8_t*, size_t, int, uint8_t**, size_t*) { return -1; },
       "handshake failed: sign: the callback failed"},
      {[](void*, const char*, const uint8_t*, size_t, int, uint8_t**, size_t*) { return 0; },
       "handshake failed: sign: the callback gave no signature"},
      {[](void*, const char*, const uint8_t*, size_t, int, uint8_t** out, size_t* size) {
         *out = static_cast<uint8_t*>(std::calloc(1, 70));
         *size = 70;
         return 0;
       },
       "handshake failed: sign: the signature is not that of the certificate's key"},
      {[](void*, const char*, const uint8_t*, size_t, int, uint8_t** out, size_t* size) {
         *out = static_cast<uint8_t*>(std::calloc(1, 70));
         *size = 70;
         return -1;
       },
       "handshake failed: sign: the callback failed"},
      {[](void*, const char*, const uint8_t*, size_t, int, uint8_t**, size_t*) -> int { throw 1; },
       "handshake failed: sign: an exception that is no std::exception"},
  };
  for (const trial& t : trials) {
    const config s = server_without_key("server");
    ASSERT_EQ(tls_config_set_sign_cb(s.get(), t.callback, nullptr), 0);
    if (refused(s)) return;
    link l;
    l.open(client_config(), s);
    EXPECT_EQ(l.server_refusal(), t.sentence);
    EXPECT_EQ(tls_error_code(l.server.get()), TLS_ERROR_UNKNOWN);
  }
}

TEST(capi_signer, says_what_it_cannot_do) {
  const signer s = signer_with({"server", "server-rsa"});
  const uint8_t digest[32] = {1, 2, 3};
  uint8_t* out = nullptr;
  size_t size = 7;
  const auto sign = [&](const char* hash, int padding) {
    errno = 7;
    const int answer = tls_signer_sign(s.get(), hash, digest, sizeof digest, padding, &out, &size);
    EXPECT_EQ(errno, 0);
    return answer;
  };
  EXPECT_EQ(tls_signer_error(s.get()), nullptr);
  EXPECT_EQ(sign("SHA256:00", TLS_PADDING_NONE), -1);
  EXPECT_STREQ(tls_signer_error(s.get()), "key not found");
  EXPECT_EQ(out, nullptr);
  EXPECT_EQ(size, 0U);
  EXPECT_EQ(sign(hash_of("server").c_str(), TLS_PADDING_RSA_PKCS1), -1);
  EXPECT_STREQ(tls_signer_error(s.get()), "an EC key knows no padding");
  EXPECT_EQ(sign(hash_of("server-rsa").c_str(), 7), -1);
  EXPECT_STREQ(tls_signer_error(s.get()), "invalid padding type (7)");
  EXPECT_EQ(sign(nullptr, TLS_PADDING_NONE), -1);
  EXPECT_EQ(sign(hash_of("server-rsa").c_str(), TLS_PADDING_RSA_PKCS1), 0);
  EXPECT_EQ(size, 256U);
  std::free(out);
  EXPECT_EQ(tls_signer_sign(s.get(), "x", digest, sizeof digest, TLS_PADDING_NONE, nullptr, &size), -1);

  const signer empty(tls_signer_new());
  EXPECT_EQ(tls_signer_sign(empty.get(), "x", digest, sizeof digest, TLS_PADDING_NONE, &out, &size), -1);
  EXPECT_STREQ(tls_signer_error(empty.get()), "key not found");
  EXPECT_EQ(tls_signer_sign(nullptr, "x", digest, sizeof digest, TLS_PADDING_NONE, &out, &size), -1);
  EXPECT_EQ(tls_signer_error(nullptr), nullptr);
  tls_signer_free(nullptr);
}

TEST(capi_signer, takes_keypairs_from_memory_and_refuses_bad_ones) {
  const signer s(tls_signer_new());
  const std::string cert = pem_of("server.pem");
  const std::string key = pem_of("server.key");
  const std::string other = pem_of("server-a.key");
  EXPECT_EQ(tls_signer_add_keypair_mem(s.get(), octets(cert), cert.size(), octets(other), other.size()), -1);
  EXPECT_NE(text(tls_signer_error(s.get())).find("does not belong to the certificate"), std::string::npos);
  EXPECT_EQ(tls_signer_add_keypair_mem(s.get(), octets(cert), cert.size(), nullptr, 0), -1);
  EXPECT_EQ(tls_signer_add_keypair_file(s.get(), pki::path("server.pem").c_str(), "/there is none"), -1);
  EXPECT_EQ(tls_signer_add_keypair_file(s.get(), pki::path("server.pem").c_str(), nullptr), -1);
  EXPECT_EQ(tls_signer_add_keypair_mem(nullptr, octets(cert), cert.size(), octets(key), key.size()), -1);
  ASSERT_EQ(tls_signer_add_keypair_mem(s.get(), octets(cert), cert.size(), octets(key), key.size()), 0);
  const uint8_t digest[32] = {};
  uint8_t* out = nullptr;
  size_t size = 0;
  EXPECT_EQ(tls_signer_sign(s.get(), hash_of("server").c_str(), digest, sizeof digest, TLS_PADDING_NONE, &out,
                            &size),
            0)
      << "what was refused has changed nothing";
  std::free(out);
}

TEST(capi_error_codes, tell_kinds_apart) {
  const config c = client_config();
  EXPECT_EQ(tls_config_error_code(c.get()), TLS_ERROR_UNKNOWN);
  EXPECT_EQ(tls_config_set_alpn(c.get(), "h2,,http/1.1"), -1);
  EXPECT_EQ(tls_config_error_code(c.get()), TLS_ERROR_INVALID_ARGUMENT);
  const context s = server(server_config());
  EXPECT_EQ(tls_error_code(s.get()), TLS_ERROR_UNKNOWN);
  EXPECT_EQ(tls_handshake(s.get()), -1);
  EXPECT_EQ(tls_error_code(s.get()), TLS_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(tls_connect_cbs(s.get(), read_end, write_end, nullptr, "localhost"), -1);
  EXPECT_EQ(tls_error_code(s.get()), TLS_ERROR_INVALID_CONTEXT);
  link l;
  l.open(client_config(), server_config(), "other.example");
  EXPECT_NE(l.client_refusal(), "");
  EXPECT_EQ(tls_error_code(l.client.get()), TLS_ERROR_UNKNOWN);
  EXPECT_EQ(tls_error_code(nullptr), TLS_ERROR_UNKNOWN);
  EXPECT_EQ(tls_config_error_code(nullptr), TLS_ERROR_UNKNOWN);
  // LibreSSL's values.
  EXPECT_EQ(TLS_ERROR_OUT_OF_MEMORY, 0x1000);
  EXPECT_EQ(TLS_ERROR_INVALID_CONTEXT, 0x2000);
  EXPECT_EQ(TLS_ERROR_INVALID_ARGUMENT, 0x2001);
}

}  // namespace
}  // namespace capi
