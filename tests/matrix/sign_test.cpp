// Keys that stls never sees: keypairs without a key, for which options::sign signs.
#include "engine/libssl/openssl.hpp"
#include "support/bytes.hpp"
#include "support/expect.hpp"
#include "support/key_hash.hpp"
#include "support/pair_maker.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <stls/config.hpp>
#include <stls/connection.hpp>
#include <stls/sign_request.hpp>

#include <gtest/gtest.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace stls::test {
namespace {

const provider* signing_engine() {
  for (const provider* p : providers()) {
    if (p->capabilities().external_keys) return p;
  }
  return nullptr;
}

std::string text_of(const material& m) { return m.is_file() ? pki::read(m.content()) : m.content(); }

x509_ptr certificate_of(const keypair& pair) {
  const std::string text = text_of(pair.cert);
  const bio_ptr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return x509_ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string hash_of(const keypair& pair) { return key_hash(text_of(pair.cert)); }

// Whether the signature is one of the input by the pair's key, with the padding of the request, as
// libcrypto's code for keys that are at hand judges.
bool is_of(const keypair& pair, const sign_request& request, const bytes& signature) {
  const auto certificate = certificate_of(pair);
  EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  const evp_pkey_ctx_ptr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  EVP_PKEY_verify_init(ctx.get());
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    EVP_PKEY_CTX_set_rsa_padding(
        ctx.get(), request.padding == signature_padding::none ? RSA_NO_PADDING : RSA_PKCS1_PADDING);
  }
  const auto raw = [](std::span<const std::byte> data) {
    return reinterpret_cast<const unsigned char*>(data.data());
  };
  return EVP_PKEY_verify(ctx.get(), raw(signature), signature.size(), raw(request.input),
                         request.input.size()) == 1;
}

keypair without_key(keypair pair) {
  pair.key = {};
  return pair;
}

// holder is the end that has the keys: it answers requests, and keeps them.
class holder {
 public:
  struct asked {
    std::string key_hash;
    bytes input;
    signature_padding padding = signature_padding::none;
  };

  explicit holder(std::vector<keypair> pairs) {
    options opt;
    opt.engine = signing_engine()->name();
    opt.insecure_noverifycert = true;
    opt.keypairs = std::move(pairs);
    keys_ = made(opt);
  }

  sign_function function() {
    return [this](const sign_request& request) {
      {
        const std::lock_guard lock(mutex_);
        requests.push_back({std::string(request.key_hash), bytes(request.input.begin(), request.input.end()),
                            request.padding});
      }
      return keys_.sign(request);
    };
  }

  [[nodiscard]] const config& keys() const noexcept { return keys_; }
  std::vector<asked> requests;

 private:
  std::mutex mutex_;
  config keys_;
};

class matrix_sign : public ::testing::TestWithParam<engine_case> {
 protected:
  static options server_of(const keypair& pair, sign_function sign) {
    auto opt = GetParam().server_options();
    opt.cert = pair.cert;
    opt.key = {};
    opt.sign = std::move(sign);
    return opt;
  }
  static options client_for(const keypair& pair) {
    auto opt = GetParam().client_options();
    opt.ca = pem::text(text_of(pair.cert) + "\n" + pki::read(pki::path("ca-bundle.pem")));
    return opt;
  }
  static options client_with(const keypair& pair, sign_function sign) {
    auto opt = GetParam().client_options();
    opt.cert = pair.cert;
    opt.sign = std::move(sign);
    return opt;
  }
  static options server_that_asks() {
    auto opt = GetParam().server_options();
    opt.ca = pki::file("ca.pem");
    opt.verify_client = true;
    return opt;
  }
};

class matrix_server_signs : public matrix_sign {};
class matrix_client_signs : public matrix_sign {};

std::vector<keypair> pairs_that_can() {
  return {pki::pair("server"), pki::pair("server-rsa"), make_pair("P-384")};
}

TEST_P(matrix_server_signs, for_each_kind_of_key_once_a_handshake) {
  for (const keypair& pair : pairs_that_can()) {
    holder keys({pair});
    const auto m = meet(client_for(pair), server_of(pair, keys.function()));
    ASSERT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
    ASSERT_EQ(keys.requests.size(), 1U);
    EXPECT_EQ(keys.requests.front().key_hash, hash_of(pair));
  }
}

TEST_P(matrix_server_signs, with_rsa_in_both_paddings) {
  const keypair pair = pki::pair("server-rsa");
  holder keys({pair});
  ASSERT_TRUE(meet(client_for(pair), server_of(pair, keys.function())).ok);
  const auto& asked = keys.requests.at(0);
  // BearSSL knows no PSS; clients on libssl prefer it.
  if (GetParam().client->name() == "bearssl") {
    EXPECT_EQ(asked.padding, signature_padding::rsa_pkcs1);
    EXPECT_EQ(to_hex(asked.input).substr(0, 4), "3031") << "a DigestInfo";
  } else {
    EXPECT_EQ(asked.padding, signature_padding::none);
    EXPECT_EQ(asked.input.size(), 256U) << "as long as the modulus";
    EXPECT_EQ(asked.input.back(), std::byte{0xbc}) << "EMSA-PSS";
  }
}

TEST_P(matrix_server_signs, over_transports_that_want) {
  for (const pace how : paces) {
    holder keys({pki::pair("server")});
    tls_link link(how, how);
    link.open(made(GetParam().client_options()), made(server_of(pki::pair("server"), keys.function())));
    actor a(link.client);
    actor b(link.server);
    a.handshake();
    b.handshake();
    play(a, b);
    EXPECT_EQ(keys.requests.size(), 1U) << name_of(how);
  }
}

TEST_P(matrix_server_signs, whatever_the_function_leaves_in_the_queue_of_the_library) {
  const keypair pair = pki::pair("server");
  holder keys({pair});
  const auto careless = [sign = keys.function()](const sign_request& request) {
    ERR_raise(ERR_LIB_USER, 7);
    auto signature = sign(request);
    ERR_raise(ERR_LIB_USER, 8);
    return signature;
  };
  const auto m = meet(client_for(pair), server_of(pair, careless));
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(keys.requests.size(), 1U);
}

TEST_P(matrix_server_signs, for_those_of_its_keypairs_that_have_no_key) {
  const keypair external = pki::pair("server-a");
  holder keys({external});
  auto server = GetParam().server_options();
  server.sign = keys.function();
  server.keypairs = {without_key(external), pki::pair("server-b")};
  const auto conf = made(server);
  EXPECT_NE(conf.describe().find("sign: for 1 keypairs\n"), std::string::npos) << conf.describe();
  EXPECT_EQ(conf.describe().find("SHA256:"), std::string::npos);
  const auto client = made(GetParam().client_options());
  for (const char* name : {"localhost", "b.example", "a.example"}) {
    EXPECT_TRUE(keys.requests.empty()) << "before " << name;
    const auto m = meet(client, conf, name);
    EXPECT_TRUE(m.ok) << name << ": " << m.client.message << "; " << m.server.message;
  }
  ASSERT_EQ(keys.requests.size(), 1U);
  EXPECT_EQ(keys.requests.front().key_hash, hash_of(external));
}

TEST_P(matrix_server_signs, with_the_function_of_its_own_config) {
  holder one({pki::pair("server")});
  holder two({pki::pair("server")});
  const auto first = made(server_of(pki::pair("server"), one.function()));
  const auto second = made(server_of(pki::pair("server"), two.function()));
  const auto client = made(GetParam().client_options());
  EXPECT_TRUE(meet(client, second).ok);
  EXPECT_EQ(one.requests.size(), 0U);
  EXPECT_EQ(two.requests.size(), 1U);
  EXPECT_TRUE(meet(client, first).ok);
  EXPECT_EQ(one.requests.size(), 1U);
}

TEST_P(matrix_server_signs, not_for_what_is_resumed) {
  if (!GetParam().client->capabilities().sessions || !GetParam().server->capabilities().sessions)
    GTEST_SKIP() << "an engine without sessions";
  holder keys({pki::pair("server")});
  auto opt = GetParam().client_options();
  bytes session;
  opt.on_session = [&](std::string_view, std::span<const std::byte> given) {
    session.assign(given.begin(), given.end());
  };
  const auto client = made(opt);
  const auto server = made(server_of(pki::pair("server"), keys.function()));
  ASSERT_TRUE(meet(client, server).ok);
  ASSERT_FALSE(session.empty());
  EXPECT_TRUE(resumes(client, server, session));
  EXPECT_EQ(keys.requests.size(), 1U);
}

// What goes wrong in the function, and what is said of it.
struct mishap {
  std::string sentence;
  sign_function sign;
};

std::vector<mishap> mishaps(const keypair& pair) {
  const std::string wrong = "the signature is not that of the certificate's key";
  const auto keys = std::make_shared<holder>(std::vector{pair});
  const auto twisted = [keys](const std::function<void(bytes&)>& twist) -> sign_function {
    return [keys, twist](const sign_request& request) {
      auto signature = keys->function()(request);
      twist(*signature);
      return signature;
    };
  };
  const auto throws = [](const std::function<void()>& now) -> sign_function {
    return [now](const sign_request&) -> result<bytes> {
      now();
      return bytes();
    };
  };
  return {
      {"the token is gone",
       [](const sign_request&) -> result<bytes> {
         return tl::unexpected(error(errc::timed_out, "the token is gone"));
       }},
      {"no reason given", [](const sign_request&) -> result<bytes> { return tl::unexpected(error()); }},
      {"bad\\x0Aweather", throws([] { throw std::runtime_error("bad\nweather"); })},
      {"an exception that is no std::exception", throws([] { throw 7; })},
      {wrong, [](const sign_request&) -> result<bytes> { return bytes(); }},
      {wrong, [](const sign_request&) -> result<bytes> { return bytes(100000, std::byte{0x30}); }},
      {wrong, twisted([](bytes& s) { s.back() ^= std::byte{1}; })},
      {wrong, twisted([](bytes& s) { s.pop_back(); })},
      {wrong, twisted([](bytes& s) { s.push_back(std::byte{0}); })},
      {wrong,
       [keys](const sign_request& request) {
         auto other = bytes(request.input.begin(), request.input.end());
         other.at(5) ^= std::byte{1};
         auto changed = request;
         changed.input = other;
         return keys->function()(changed);
       }},
  };
}

TEST_P(matrix_server_signs, or_the_handshake_ends_with_the_reason) {
  for (const char* name : {"server", "server-rsa"}) {
    const keypair pair = pki::pair(name);
    for (const mishap& m : mishaps(pair)) {
      const auto met = meet(client_for(pair), server_of(pair, m.sign));
      EXPECT_FALSE(met.ok);
      EXPECT_EQ(met.server_at, "handshake");
      EXPECT_TRUE(is_error(met.server, errc::handshake_failed, "handshake failed: sign: " + m.sentence));
      EXPECT_TRUE(is_error(met.client, errc::alert_received)) << m.sentence;
      EXPECT_EQ(met.client_alert(), "internal_error");
      EXPECT_EQ(met.server_alert(), "internal_error");
    }
  }
}

TEST_P(matrix_server_signs, or_says_that_there_is_no_memory) {
  const auto met = meet(
      GetParam().client_options(),
      server_of(pki::pair("server"), [](const sign_request&) -> result<bytes> { throw std::bad_alloc(); }));
  EXPECT_TRUE(is_error(met.server, errc::out_of_memory, "out of memory"));
}

TEST_P(matrix_server_signs, while_the_function_has_connections_of_its_own) {
  holder keys({pki::pair("server")});
  // A handshake inside the handshake, in the same thread, fails, and is no affair of the outer one.
  const auto sign = [&](const sign_request& request) {
    const auto inner = meet(GetParam().client_options(),
                            server_of(pki::pair("server"), [](const sign_request&) -> result<bytes> {
                              return tl::unexpected(error(errc::timed_out, "inside"));
                            }));
    EXPECT_TRUE(is_error(inner.server, errc::handshake_failed, "handshake failed: sign: inside"));
    auto signature = keys.function()(request);
    if (keys.requests.size() > 1) return result<bytes>(tl::unexpected(error(errc::timed_out, "outside")));
    return signature;
  };
  const auto server = made(server_of(pki::pair("server"), sign));
  const auto good = meet(made(GetParam().client_options()), server);
  EXPECT_TRUE(good.ok) << good.client.message << "; " << good.server.message;
  EXPECT_TRUE(is_error(meet(made(GetParam().client_options()), server).server, errc::handshake_failed,
                       "handshake failed: sign: outside"));
}

TEST_P(matrix_server_signs, and_does_not_decrypt) {
  auto opt = server_of(pki::pair("server-rsa"), [](const sign_request&) { return result<bytes>(); });
  opt.protocols = "";
  opt.ciphers = "compat";
  const auto conf = made(opt);
  EXPECT_EQ(conf.describe().find("AES128-GCM-SHA256"),
            conf.describe().find("ECDHE-ECDSA-AES128-GCM-SHA256") + 12)
      << conf.describe();
  EXPECT_EQ(conf.describe().find(",AES"), std::string::npos) << conf.describe();
  opt.ciphers = "TLS_RSA_WITH_AES_128_GCM_SHA256";
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_config,
                       "ciphers: nothing is left of 'TLS_RSA_WITH_AES_128_GCM_SHA256': AES128-GCM-SHA256 is "
                       "dropped, since sign cannot decrypt"));
}

TEST_P(matrix_server_signs, with_md5_and_sha1_in_old_versions) {
  if (GetParam().tls1_3() || !GetParam().server->capabilities().old_versions) GTEST_SKIP() << "not here";
  const keypair pair = pki::pair("server-rsa");
  holder keys({pair});
  auto client = client_for(pair);
  auto server = server_of(pair, keys.function());
  client.protocols = "tlsv1.1";
  server.protocols = "tlsv1.1";
  const auto m = meet(client, server);
  ASSERT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(keys.requests.at(0).padding, signature_padding::rsa_pkcs1);
  EXPECT_EQ(keys.requests.at(0).input.size(), 36U);
}

TEST_P(matrix_client_signs, when_a_certificate_is_asked_for) {
  const keypair pair = pki::pair("client");
  holder keys({pair});
  const auto client = made(client_with(pair, keys.function()));
  EXPECT_TRUE(meet(client, made(GetParam().server_options())).ok);
  EXPECT_TRUE(keys.requests.empty()) << "nobody asked";
  const auto m = meet(client, made(server_that_asks()));
  ASSERT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(m.server_info.peer.common_name, "client");
  ASSERT_EQ(keys.requests.size(), 1U);
  EXPECT_EQ(keys.requests.front().key_hash, hash_of(pair));
}

TEST_P(matrix_client_signs, or_the_handshake_ends_with_the_reason) {
  const keypair pair = pki::pair("client");
  for (const mishap& m : mishaps(pair)) {
    const auto met = meet(client_with(pair, m.sign), server_that_asks());
    EXPECT_EQ(met.client_at, "handshake");
    EXPECT_TRUE(is_error(met.client, errc::handshake_failed, "handshake failed: sign: " + m.sentence));
    EXPECT_TRUE(is_error(met.server, errc::alert_received)) << m.sentence;
    EXPECT_EQ(met.server_alert(), "internal_error");
  }
}

std::vector<engine_case> cases_where(const provider* engine_case::*signs) {
  auto all = engine_cases();
  std::erase_if(all, [&](const engine_case& c) { return !(c.*signs)->capabilities().external_keys; });
  return all;
}
INSTANTIATE_TEST_SUITE_P(engines, matrix_server_signs, ::testing::ValuesIn(cases_where(&engine_case::server)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(engines, matrix_client_signs, ::testing::ValuesIn(cases_where(&engine_case::client)),
                         case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(matrix_server_signs);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(matrix_client_signs);

class matrix_config_signs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (signing_engine() == nullptr) GTEST_SKIP() << "no engine can";
  }
};

TEST_F(matrix_config_signs, what_the_key_verifies) {
  for (const keypair& pair : pairs_that_can()) {
    const holder keys({pki::pair("client"), pair});
    const std::string hash = hash_of(pair);
    const bytes digest = pattern(48);
    sign_request request{.key_hash = hash, .input = digest};
    const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(certificate_of(pair).get()), "RSA") == 1;
    if (rsa) request.padding = signature_padding::rsa_pkcs1;
    auto signature = keys.keys().sign(request);
    ASSERT_TRUE(succeeded(signature));
    EXPECT_TRUE(is_of(pair, request, *signature));
    if (!rsa) continue;
    auto block = pattern(256);
    block.front() = {};
    request = {.key_hash = hash, .input = block};
    signature = keys.keys().sign(request);
    ASSERT_TRUE(succeeded(signature));
    EXPECT_EQ(signature->size(), 256U);
  }
}

TEST_F(matrix_config_signs, and_refuses_the_rest) {
  const keypair ec = pki::pair("server");
  const keypair rsa = pki::pair("server-rsa");
  const std::string of_ec = hash_of(ec);
  const std::string of_rsa = hash_of(rsa);
  const holder keys({ec, rsa, make_pair("ED25519")});
  const bytes digest = pattern(32);
  const auto refused = [&](const sign_request& request, errc code, std::string_view start) {
    const auto signature = keys.keys().sign(request);
    ASSERT_TRUE(is_error(signature, code)) << start;
    EXPECT_TRUE(has_style(signature.error()));
    EXPECT_EQ(signature.error().message.substr(0, start.size()), start);
  };
  refused({.key_hash = "SHA256:00", .input = digest}, errc::invalid_argument, "key not found");
  refused({.key_hash = "", .input = digest}, errc::invalid_argument, "key not found");
  refused({.key_hash = of_ec, .input = digest, .padding = signature_padding::rsa_pkcs1},
          errc::invalid_argument, "an EC key knows no padding");
  refused({.key_hash = of_rsa, .input = digest, .padding = static_cast<signature_padding>(7)},
          errc::invalid_argument, "invalid padding type (7)");
  refused({.key_hash = of_rsa, .input = digest}, errc::invalid_argument, "the key cannot sign that: ");
  EXPECT_TRUE(is_error(config().sign({}), errc::invalid_state));
}

TEST_F(matrix_config_signs, neither_for_others_nor_with_keys_that_it_lacks) {
  options opt;
  opt.engine = signing_engine()->name();
  opt.ca = pki::file("ca.pem");
  opt.cert = pki::file("server.pem");
  bool called = false;
  opt.sign = [&](const sign_request&) -> result<bytes> {
    called = true;
    return bytes();
  };
  const bytes digest = pattern(32);
  EXPECT_TRUE(is_error(made(opt).sign({.key_hash = hash_of(pki::pair("server")), .input = digest}),
                       errc::invalid_argument, "key not found"));
  EXPECT_FALSE(called);
}

TEST_F(matrix_config_signs, for_no_key_of_another_kind) {
  for (const char* kind : {"ED25519", "RSA-PSS"}) {
    options opt;
    opt.engine = signing_engine()->name();
    opt.ca = pki::file("ca.pem");
    opt.keypairs = {without_key(make_pair(kind))};
    opt.sign = [](const sign_request&) { return result<bytes>(); };
    EXPECT_TRUE(is_error(config::make(opt), errc::bad_config,
                         std::string("keypairs[0].cert: sign cannot sign for a key of the kind ") + kind +
                             "; for RSA and EC it can"));
  }
}

TEST(matrix_sign_refused, by_engines_that_cannot) {
  for (const provider* p : providers()) {
    if (p->capabilities().external_keys) continue;
    options opt;
    opt.engine = p->name();
    opt.ca = pki::file("ca.pem");
    pki::present(opt, "server");
    const std::string sentence = "sign: not supported by engine '" + std::string(p->name()) + "'";
    EXPECT_TRUE(is_error(made(opt).sign({}), errc::unsupported, sentence));
    opt.sign = [](const sign_request&) { return result<bytes>(); };
    EXPECT_TRUE(is_error(config::make(opt), errc::unsupported, sentence));
  }
}

class threads_sign : public matrix_config_signs {};

TEST_F(threads_sign, for_several_at_once) {
  const keypair pair = pki::pair("server");
  holder keys({pair});
  options opt;
  opt.engine = signing_engine()->name();
  opt.ca = pki::file("ca.pem");
  opt.cert = pair.cert;
  opt.sign = keys.function();
  const auto server = made(opt);
  options of_client;
  of_client.engine = opt.engine;
  of_client.ca = opt.ca;
  const auto client = made(of_client);
  constexpr int several = 4;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < several; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < several; ++k) good += meet(client, server).ok ? 1 : 0;
    });
  }
  for (auto& one : threads) one.join();
  EXPECT_EQ(good, several * several);
  EXPECT_FALSE(keys.requests.empty());
}

}  // namespace
}  // namespace stls::test
