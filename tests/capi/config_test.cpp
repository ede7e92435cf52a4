// Options of the C API: what setters refuse, what tls_configure freezes.
#include "capi/kit.hpp"
#include "support/child.hpp"
#include "support/pki.hpp"

#include <stls.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace capi {
namespace {

namespace pki = stls::test::pki;

std::uint32_t parsed(const char* words) {
  std::uint32_t mask = 0xdead;
  return tls_config_parse_protocols(&mask, words) == 0 ? mask : 0;
}

TEST(capi_config, protocol_words_are_libtlss_bits) {
  EXPECT_EQ(parsed("tlsv1.0"), 2U);
  EXPECT_EQ(parsed("tlsv1.1"), 4U);
  EXPECT_EQ(parsed("TLSv1.2"), 8U);
  EXPECT_EQ(parsed("tlsv1.3"), 16U);
  EXPECT_EQ(parsed("tlsv1.2,tlsv1.3"), 24U);
  EXPECT_EQ(parsed("tlsv1.2: tlsv1.3"), 24U) << "blanks before a word";
  for (const char* word : {"all", "legacy", "default", "secure", "tlsv1"})
    EXPECT_EQ(parsed(word), 24U) << word;
  EXPECT_EQ(parsed("!tlsv1.2"), 16U) << "all but this one";
  EXPECT_EQ(parsed("all:!tlsv1.3"), 8U);
  EXPECT_EQ(parsed("all,tlsv1.1,!tlsv1.3"), 12U) << "holes are not the parser's business";
  for (const char* bad : {"", "tlsv1.4", "tlsv1.2,", "tlsv1.2 tlsv1.3", "!"})
    EXPECT_EQ(parsed(bad), 0U) << bad;
  EXPECT_EQ(tls_config_parse_protocols(nullptr, "all"), -1);
  std::uint32_t mask = 0;
  EXPECT_EQ(tls_config_parse_protocols(&mask, nullptr), -1);
}

TEST(capi_config, setters_refuse_bad_values_with_a_sentence) {
  struct trial {
    const char* sentence;
    std::function<int(tls_config*)> set;
  };
  unsigned char key[49] = {};
  const std::vector<trial> trials = {
      {"alpn", [](tls_config* c) { return tls_config_set_alpn(c, "h2,,http/1.1"); }},
      {"ciphers", [](tls_config* c) { return tls_config_set_ciphers(c, "no-such-cipher"); }},
      {"ecdhecurve", [](tls_config* c) { return tls_config_set_ecdhecurve(c, "no-such-curve"); }},
      {"ecdhecurve", [](tls_config* c) { return tls_config_set_ecdhecurve(c, "P-256,P-384"); }},
      {"ecdhecurves", [](tls_config* c) { return tls_config_set_ecdhecurves(c, "X25519,no-such-curve"); }},
      {"dheparams", [](tls_config* c) { return tls_config_set_dheparams(c, "1024"); }},
      {"verify_depth", [](tls_config* c) { return tls_config_set_verify_depth(c, -1); }},
      {"session_lifetime", [](tls_config* c) { return tls_config_set_session_lifetime(c, -1); }},
      {"session_lifetime", [](tls_config* c) { return tls_config_set_session_lifetime(c, 700000); }},
      {"session_id",
       [](tls_config* c) {
         return tls_config_set_session_id(
             c, reinterpret_cast<const unsigned char*>("0123456789abcdef0123456789abcdef!"), 33);
       }},
      {"ticket_keys", [&](tls_config* c) { return tls_config_add_ticket_key(c, 1, key, 47); }},
      {"ca: cannot read", [](tls_config* c) { return tls_config_set_ca_file(c, "/there is none"); }},
      {"cert: cannot read", [](tls_config* c) { return tls_config_set_cert_file(c, "/there is none"); }},
      {"key: cannot read", [](tls_config* c) { return tls_config_set_key_file(c, "/there is none"); }},
      {"crl: cannot read", [](tls_config* c) { return tls_config_set_crl_file(c, "/there is none"); }},
      {"key: cannot read",
       [](tls_config* c) {
         return tls_config_add_keypair_file(c, pki::path("server.pem").c_str(), "/there is none");
       }},
      {"session_fd", [](tls_config* c) { return tls_config_set_session_fd(c, 999); }},
      {"engine", [](tls_config* c) { return stls_config_set_engine(c, "nss"); }},
  };
  for (const trial& t : trials) {
    SCOPED_TRACE(t.sentence);
    const config c = server_config();
    EXPECT_EQ(tls_config_error(c.get()), nullptr);
    errno = EBADF;
    EXPECT_EQ(t.set(c.get()), -1);
    EXPECT_EQ(errno, 0);
    EXPECT_EQ(text(tls_config_error(c.get())).substr(0, std::string(t.sentence).size()), t.sentence);
    link l;
    l.open(client_config(), c);
    EXPECT_TRUE(l.shake()) << "what was refused has changed nothing";
  }
}

TEST(capi_config, null_pointers_are_the_default_or_refused) {
  const config c = client_config();
  EXPECT_EQ(tls_config_set_alpn(c.get(), "h2"), 0);
  EXPECT_EQ(tls_config_set_alpn(c.get(), nullptr), 0);
  EXPECT_EQ(tls_config_set_ciphers(c.get(), nullptr), 0);
  EXPECT_EQ(tls_config_set_ecdhecurve(c.get(), nullptr), 0);
  EXPECT_EQ(tls_config_set_ecdhecurves(c.get(), nullptr), 0);
  EXPECT_EQ(tls_config_set_dheparams(c.get(), nullptr), 0);
  EXPECT_EQ(tls_config_set_key_mem(c.get(), nullptr, 0), 0);
  EXPECT_EQ(tls_config_set_ca_file(c.get(), nullptr), -1);
  EXPECT_EQ(tls_config_set_alpn(nullptr, "h2"), -1);
  tls_config_verify(nullptr);
  tls_config_free(nullptr);
  tls_free(nullptr);
  tls_reset(nullptr);
  EXPECT_EQ(tls_error(nullptr), nullptr);
  EXPECT_EQ(tls_configure(nullptr, c.get()), -1);
  EXPECT_EQ(tls_read(nullptr, nullptr, 0), -1);
  link l;
  l.open(c, server_config());
  EXPECT_TRUE(l.shake() && l.greet());
  EXPECT_EQ(tls_conn_alpn_selected(l.client.get()), nullptr);
}

TEST(capi_config, memory_is_copied_and_a_config_may_go_when_it_was_used) {
  std::string ca = pki::read(pki::path("ca.pem"));
  std::string cert = pki::read(pki::path("server.pem"));
  std::string key = pki::read(pki::path("server.key"));
  const auto bytes = [](const std::string& s) { return reinterpret_cast<const uint8_t*>(s.data()); };
  config c(tls_config_new());
  config s(tls_config_new());
  ASSERT_EQ(tls_config_set_ca_mem(c.get(), bytes(ca), ca.size()), 0);
  ASSERT_EQ(tls_config_set_keypair_mem(s.get(), bytes(cert), cert.size(), bytes(key), key.size()), 0);
  ca.assign(ca.size(), 'x');
  cert.assign(cert.size(), 'x');
  key.assign(key.size(), 'x');
  link l;
  l.open(c, s);
  c.reset();
  s.reset();
  EXPECT_TRUE(l.shake() && l.greet());
}

TEST(capi_config, a_change_does_not_touch_contexts_that_were_configured_before) {
  const config s = server_config();
  const context before = server(s);
  tls_config_set_protocols(s.get(), TLS_PROTOCOL_TLSv1_2);
  tls_config_clear_keys(s.get());
  link l;
  l.client = client(client_config());
  ASSERT_EQ(tls_connect_cbs(l.client.get(), read_end, write_end, &l.wire.client, "localhost"), 0);
  tls* accepted = nullptr;
  ASSERT_EQ(tls_accept_cbs(before.get(), &accepted, read_end, write_end, &l.wire.server), 0);
  l.server.reset(accepted);
  ASSERT_TRUE(l.shake());
  EXPECT_TRUE(l.greet());
  if (engine().tls1_3) {
    EXPECT_STREQ(tls_conn_version(l.client.get()), "TLSv1.3");
  }

  const context after(tls_server());
  EXPECT_EQ(tls_configure(after.get(), s.get()), -1);
  EXPECT_EQ(text(tls_error(after.get())), "key: missing; the certificate needs its key");
}

TEST(capi_config, masks_of_protocols) {
  const auto version = [](std::uint32_t of_client, std::uint32_t of_server) -> std::string {
    const config c = client_config();
    const config s = server_config();
    tls_config_set_protocols(c.get(), of_client);
    tls_config_set_protocols(s.get(), of_server);
    link l;
    l.open(c, s);
    return l.shake() ? text(tls_conn_version(l.server.get())) : "no version";
  };
  constexpr std::uint32_t all_of_debian_12 = 0x1e;
  EXPECT_EQ(version(TLS_PROTOCOLS_ALL, TLS_PROTOCOLS_ALL), engine().tls1_3 ? "TLSv1.3" : "TLSv1.2");
  EXPECT_EQ(version(all_of_debian_12, TLS_PROTOCOL_TLSv1_2), "TLSv1.2");
  EXPECT_EQ(version(all_of_debian_12, TLS_PROTOCOL_TLSv1_1), "no version")
      << "old bits beside new ones are dropped";
  EXPECT_EQ(version(TLS_PROTOCOL_TLSv1_0 | TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOLS_DEFAULT), "TLSv1.2");
  EXPECT_EQ(version(TLS_PROTOCOL_TLSv1_1, TLS_PROTOCOL_TLSv1_1 | TLS_PROTOCOL_TLSv1_0), "TLSv1.1");
  if (engine().tls1_3) {
    EXPECT_EQ(version(TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOL_TLSv1_3), "no version");
  }
  const config none = client_config();
  tls_config_set_protocols(none.get(), 0);
  const context ctx(tls_client());
  EXPECT_EQ(tls_configure(ctx.get(), none.get()), -1);
  EXPECT_EQ(text(tls_error(ctx.get())), "protocols: the mask 0 names no version");
}

TEST(capi_config, verify_undoes_what_insecure_options_did) {
  const config c(tls_config_new());
  tls_config_set_ca_file(c.get(), pki::path("ca2.pem").c_str());
  tls_config_insecure_noverifycert(c.get());
  tls_config_insecure_noverifyname(c.get());
  {
    link l;
    l.open(c, server_config(), nullptr);
    EXPECT_TRUE(l.shake());
  }
  tls_config_verify(c.get());
  link l;
  l.open(c, server_config());
  EXPECT_EQ(l.client_refusal().substr(0, 31), "certificate verification failed");
}

TEST(capi_config, what_needs_a_key_that_is_not_there_is_refused) {
  for (const auto set : {tls_config_skip_private_key_check, tls_config_use_fake_private_key}) {
    const config s = server_config();
    set(s.get());
    const context ctx(tls_server());
    EXPECT_EQ(tls_configure(ctx.get(), s.get()), -1);
    EXPECT_NE(text(tls_error(ctx.get())).find("_private_key"), std::string::npos);
  }
}

TEST(capi_config, each_engine_can_be_chosen) {
  for (const char* engine : {"libssl", "bearssl"}) {
    const config c = client_config();
    if (stls_config_set_engine(c.get(), engine) != 0) continue;  // not built in
    EXPECT_EQ(stls_config_set_engine(c.get(), nullptr), 0);
    EXPECT_EQ(stls_config_set_engine(c.get(), engine), 0);
    const config s = server_config();
    EXPECT_EQ(stls_config_set_engine(s.get(), engine), 0);
    link l;
    l.open(c, s);
    ASSERT_TRUE(l.shake() && l.greet()) << engine;
    EXPECT_STREQ(tls_conn_version(l.client.get()), engine == std::string("bearssl") ? "TLSv1.2" : "TLSv1.3");
  }
}

// -- in a process whose system store is the test PKI's

const stls::test::child_part unconfigured("capi unconfigured client", [] {
  link l;
  l.open(context(tls_client()), server_config());
  std::puts(l.shake() && l.greet() ? "connected" : text(tls_error(l.client.get())).c_str());
  return 0;
});

TEST(capi_config, a_client_that_is_not_configured_trusts_the_system) {
  const auto run = [](const char* store) {
    return stls::test::run_child("capi unconfigured client",
                                 {{"SSL_CERT_FILE", pki::path(store)}, {"SSL_CERT_DIR", ""}})
        .output;
  };
  EXPECT_EQ(run("ca.pem"), "connected\n");
  EXPECT_EQ(run("ca2.pem").substr(0, 31), "certificate verification failed");
}

const stls::test::child_part clients_of_the_system("capi clients of the system", [] {
  const config s = server_config();
  tls_config_verify_client(s.get());
  const config c = client_config();
  tls_config_set_keypair_file(c.get(), pki::path("client.pem").c_str(), pki::path("client.key").c_str());
  link l;
  l.open(c, s);
  std::puts(l.shake() && l.greet() ? text(tls_peer_cert_common_name(l.server.get())).c_str()
                                   : text(tls_error(l.server.get())).c_str());
  return 0;
});

TEST(capi_config, a_server_without_roots_checks_clients_against_the_systems) {
  const auto run = [](const char* store) {
    return stls::test::run_child("capi clients of the system",
                                 {{"SSL_CERT_FILE", pki::path(store)}, {"SSL_CERT_DIR", ""}})
        .output;
  };
  EXPECT_EQ(run("ca.pem"), "client\n");
  EXPECT_EQ(run("ca2.pem").substr(0, 31), "certificate verification failed");
}

const stls::test::child_part default_file("capi default file", [] {
  std::puts(tls_default_ca_cert_file());
  return 0;
});

TEST(capi_config, the_default_ca_file_is_the_systems) {
  EXPECT_EQ(stls::test::run_child("capi default file", {{"SSL_CERT_FILE", "/some/file"}}).output,
            "/some/file\n");
}

}  // namespace
}  // namespace capi
