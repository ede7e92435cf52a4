// config: a frozen, shared snapshot; what it says of itself; warnings; reset of contexts.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/heap.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include "config/anchors.hpp"

#include <stls/config.hpp>
#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

options server_options(const std::string& certificate = "server") {
  options opt;
  pki::present(opt, certificate);
  return opt;
}

options client_options() {
  options opt;
  opt.ca = pki::file("ca.pem");
  return opt;
}

// -- the handle --

TEST(config_handle, an_empty_one_makes_nothing) {
  const config empty;
  EXPECT_FALSE(empty);
  EXPECT_TRUE(is_error(client::make(empty), errc::invalid_state));
  EXPECT_TRUE(is_error(server::make(empty), errc::invalid_state));
  EXPECT_EQ(empty.describe(), "empty\n");
}

TEST(config_handle, a_moved_from_one_is_empty) {
  auto conf = made(client_options());
  const config moved = std::move(conf);
  EXPECT_TRUE(moved);
  EXPECT_FALSE(conf);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_TRUE(is_error(client::make(conf), errc::invalid_state));
  conf = moved;
  EXPECT_TRUE(conf);
}

TEST(config_handle, copies_share_the_snapshot) {
  const auto conf = made(client_options());
  const config copy = conf;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(copy.frozen(), conf.frozen());
}

TEST(config_handle, may_go_while_what_was_made_of_it_lives) {
  tls_link link;
  {
    const auto client_conf = made(client_options());
    const auto server_conf = made(server_options());
    link.open(client_conf, server_conf);
  }
  actor a(link.client);
  actor b(link.server);
  a.handshake().send(to_bytes("hello"));
  b.handshake().recv(5);
  play(a, b);
}

TEST(config_handle, options_may_change_after_make) {
  auto opt = client_options();
  const auto conf = made(opt);
  opt.ca = pki::file("ca2.pem");
  opt.engine = "gone";
  EXPECT_TRUE(meet(conf, made(server_options())).ok);
}

TEST(config_handle, contexts_of_a_role_are_compiled_once) {
  const auto conf = made(client_options());
  ASSERT_TRUE(succeeded(client::make(conf)));
  if (!heap::counted())
    GTEST_SKIP() << "the heap is not counted under a sanitizer; matrix_footprint says why it matters";
  const auto before = heap::in_use();
  std::vector<client> many(1000);
  for (auto& one : many) {
    auto made_one = client::make(conf);
    ASSERT_TRUE(succeeded(made_one));
    one = std::move(*made_one);
  }
  EXPECT_LT(heap::in_use() - before, 1000 * (sizeof(client) + 64));
}

TEST(config_handle, running_out_of_memory_is_an_error) {
  auto opt = client_options();
  pki::present(opt, "server");
  opt.keypairs = {pki::pair("server-a")};
  opt.alpn = "h2,http/1.1";
  ASSERT_TRUE(succeeded(config::make(opt)));
  bool whole = false;
  for (std::size_t nth = 0; nth < 20000 && !whole; ++nth) {
    SCOPED_TRACE("new " + std::to_string(nth) + " fails");
    const heap::deny_new deny(nth);
    const auto conf = config::make(opt);
    const bool denied = deny.reached();
    const heap::allow_new pause;
    if (denied) {
      // Where memory is only for speed, it may do without.
      if (!conf) {
        EXPECT_TRUE(is_error(conf, errc::out_of_memory));
      }
    } else {
      EXPECT_TRUE(succeeded(conf));
      whole = true;
    }
    if (HasFailure()) return;
  }
  EXPECT_TRUE(whole);
}

// -- describe --

TEST(config_describe, says_what_is_in_effect) {
  auto opt = client_options();
  pki::present(opt, "server");
  opt.keypairs = {pki::pair("server-a")};
  opt.alpn = "h2,http/1.1";
  const bool tls1_3 = of_default_engine().tls1_3;
  opt.protocols = tls1_3 ? "tlsv1.3" : "tlsv1.2";
  opt.ecdhecurves = "P-256,X25519";
  opt.verify_client = true;
  opt.insecure_noverifyname = true;
  opt.insecure_noverifytime = true;
  const auto text = made(opt).describe();
  const std::vector<std::string> lines = {
      "protocols: " + opt.protocols + "\n",
      "ecdhecurves: P-256,X25519\n",
      "alpn: h2,http/1.1\n",
      "keypairs: 2\n",
      "ca: 1 certificates\n",
      "verify_depth: 6\n",
      "verify_client: true\n",
      "insecure_noverifyname: true\n",
      "insecure_noverifytime: true\n",
      tls1_3 ? "ciphers: TLS_AES_128_GCM_SHA256" : "ciphers: ECDHE-ECDSA-AES128-GCM-SHA256"};
  for (const std::string& line : lines) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  }
  EXPECT_NE(text.find("engine: " + std::string(providers().front()->name())), std::string::npos) << text;
}

TEST(config_describe, shows_no_secret) {
  if (!of_default_engine().encrypted_keys) GTEST_SKIP() << "no engine of this build has encrypted keys";
  auto opt = server_options();
  opt.key = pki::file("server-encrypted.key");
  opt.key_password = "secret";
  const auto text = made(opt).describe();
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.find("PRIVATE"), std::string::npos);
}

// -- interning --

TEST(config_interning, a_bundle_is_parsed_once_however_many_configs_name_it) {
  const auto first = made(client_options());
  const auto before = bundle_count();
  std::vector<config> many;
  for (int i = 0; i < 100; ++i) many.push_back(made(client_options()));
  EXPECT_EQ(bundle_count().made, before.made);
  EXPECT_EQ(bundle_count().found, before.found + 100);
}

TEST(config_interning, equal_content_is_the_same_whether_file_or_text) {
  const auto first = made(client_options());
  const auto before = bundle_count();
  auto opt = client_options();
  opt.ca = pem::text(pki::read(pki::path("ca.pem")));
  const auto second = made(opt);
  EXPECT_EQ(bundle_count().made, before.made);
}

TEST(config_interning, different_content_is_not_shared) {
  const auto first = made(client_options());
  const auto before = bundle_count();
  auto opt = client_options();
  opt.ca = pki::file("ca2.pem");
  const auto second = made(opt);
  EXPECT_EQ(bundle_count().made, before.made + 1);
  EXPECT_TRUE(meet(first, made(server_options())).ok);
  EXPECT_TRUE(is_error(meet(second, made(server_options())).client, errc::certificate_untrusted));
}

TEST(config_interning, content_of_nobody_is_forgotten) {
  auto opt = client_options();
  opt.ca = pem::text(pki::read(pki::path("ca.pem")) + "\nof nobody else\n");
  const auto before = bundle_count();
  { const auto gone = made(opt); }
  { const auto again = made(opt); }
  EXPECT_EQ(bundle_count().made, before.made + 2);
}

TEST(config_interning, roots_in_use_stay_for_the_next_config_until_there_are_others) {
  const auto server = made(server_options());
  auto other = client_options();
  other.ca = pki::file("ca2.pem");
  EXPECT_TRUE(meet(made(client_options()), server).ok);
  const auto before = bundle_count();
  EXPECT_TRUE(meet(made(client_options()), server).ok);
  EXPECT_EQ(bundle_count().made, before.made);
  EXPECT_FALSE(meet(made(other), server).ok);
  EXPECT_EQ(bundle_count().made, before.made + 1);
  EXPECT_TRUE(meet(made(client_options()), server).ok);
  EXPECT_EQ(bundle_count().made, before.made + 2);
}

TEST(config_tickets, an_engine_without_tickets_has_no_keyring) {
  for (const provider* engine : providers()) {
    options opt = server_options();
    opt.engine = engine->name();
    EXPECT_EQ(bool(made(opt).tickets()), engine->capabilities().tickets) << engine->name();
  }
}

TEST(config_interning, a_password_is_not_forgotten_by_sharing) {
  if (!of_default_engine().encrypted_keys) GTEST_SKIP() << "no engine of this build has encrypted keys";
  auto opt = server_options();
  opt.key = pki::file("server-encrypted.key");
  opt.key_password = "secret";
  const auto good = config::make(opt);
  ASSERT_TRUE(succeeded(good));
  opt.key_password = "wrong";
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_pem));
  opt.key_password = "";
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_pem));
}

// -- warnings --

TEST(config_warnings, an_expired_certificate_of_ones_own_is_warned_of) {
  auto opt = server_options("expired");
  std::vector<std::string> got;
  opt.on_warning = [&](const warning& w) {
    EXPECT_EQ(w.level, warning::severity::serious);
    got.push_back(std::string(w.code) + "|" + w.message);
  };
  ASSERT_TRUE(succeeded(config::make(opt)));
  EXPECT_EQ(got, std::vector<std::string>{"certificate_expired|cert: certificate has expired"});
  got.clear();
  pki::present(opt, "not-yet-valid");
  opt.keypairs = {};
  ASSERT_TRUE(succeeded(config::make(opt)));
  EXPECT_EQ(got, std::vector<std::string>{"certificate_not_yet_valid|cert: certificate is not yet valid"});
}

TEST(config_warnings, a_good_config_warns_of_nothing) {
  auto opt = server_options();
  opt.ca = pki::file("ca.pem");
  opt.on_warning = [](const warning& w) { ADD_FAILURE() << w.message; };
  const auto conf = made(opt);
  EXPECT_TRUE(meet(conf, conf).ok);
}

TEST(config_warnings, a_certificate_without_an_end_has_not_expired) {
  const auto endless = make_certificate({.not_after = "99991231235959Z"});  // RFC 5280 section 4.1.2.5
  options opt;
  opt.cert = pem::text(endless.cert);
  opt.key = pem::text(endless.key);
  opt.on_warning = [](const warning& w) { ADD_FAILURE() << w.message; };
  EXPECT_TRUE(succeeded(config::make(opt)));
}

TEST(config_warnings, each_code_comes_once_a_minute) {
  auto opt = server_options("expired");
  opt.keypairs = {pki::pair("expired"), pki::pair("expired")};
  int got = 0;
  opt.on_warning = [&](const warning&) { ++got; };
  ASSERT_TRUE(succeeded(config::make(opt)));
  EXPECT_EQ(got, 1) << "three keypairs, one warning";
}

TEST(config_warnings, an_exception_of_the_receiver_goes_no_further) {
  auto opt = server_options("expired");
  opt.on_warning = [](const warning&) { throw std::runtime_error("of the application"); };
  EXPECT_TRUE(succeeded(config::make(opt)));
}

TEST(config_warnings, the_clock_decides) {
  const test_clock later(std::chrono::years(3));
  auto opt = server_options();
  std::vector<std::string> got;
  opt.on_warning = [&](const warning& w) { got.emplace_back(w.code); };
  ASSERT_TRUE(succeeded(config::make(opt)));
  EXPECT_EQ(got, std::vector<std::string>{"certificate_expired"});
}

// -- reset --

TEST(reset, a_client_takes_another_config_and_connections_keep_theirs) {
  const auto trusting = made(client_options());
  auto opt = client_options();
  opt.ca = pki::file("ca2.pem");
  const auto distrusting = made(opt);
  auto c = client::make(distrusting);
  ASSERT_TRUE(succeeded(c));
  const auto s = server::make(made(server_options()));
  ASSERT_TRUE(succeeded(s));

  tls_link before;
  before.client.adopt(c->connect("localhost", before.client.io()));
  before.server.adopt(s->accept(before.server.io()));
  ASSERT_TRUE(succeeded(c->reset(trusting)));
  tls_link after;
  after.client.adopt(c->connect("localhost", after.client.io()));
  after.server.adopt(s->accept(after.server.io()));

  actor a(after.client);
  actor b(after.server);
  a.handshake();
  b.handshake();
  play(a, b);
  actor d(before.client);
  actor e(before.server);
  d.handshake();
  e.handshake();
  (void)drive(d, e);
  EXPECT_TRUE(is_error(d.failure, errc::certificate_untrusted));
}

TEST(reset, a_server_takes_another_config_and_connections_keep_theirs) {
  auto s = server::make(made(server_options()));
  ASSERT_TRUE(succeeded(s));
  auto opt = client_options();
  opt.insecure_noverifyname = true;
  const auto c = client::make(made(opt));
  ASSERT_TRUE(succeeded(c));
  const auto shown = [&](tls_link& link) {
    actor a(link.client);
    actor b(link.server);
    a.handshake();
    b.handshake();
    play(a, b);
    return link.client.info().peer.common_name;
  };
  tls_link before;
  before.client.adopt(c->connect("localhost", before.client.io()));
  before.server.adopt(s->accept(before.server.io()));
  ASSERT_TRUE(succeeded(s->reset(made(server_options("server-b")))));
  tls_link after;
  after.client.adopt(c->connect("localhost", after.client.io()));
  after.server.adopt(s->accept(after.server.io()));
  EXPECT_EQ(shown(before), "localhost");
  EXPECT_EQ(shown(after), "b.example");
}

TEST(reset, an_error_changes_nothing) {
  auto s = server::make(made(server_options()));
  ASSERT_TRUE(succeeded(s));
  EXPECT_TRUE(is_error(s->reset(made(client_options())), errc::bad_config));
  EXPECT_TRUE(is_error(s->reset(config()), errc::invalid_state));
  auto c = client::make(made(client_options()));
  ASSERT_TRUE(succeeded(c));
  EXPECT_TRUE(is_error(c->reset(config()), errc::invalid_state));
  tls_link link;
  link.client.adopt(c->connect("localhost", link.client.io()));
  link.server.adopt(s->accept(link.server.io()));
  actor a(link.client);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);
}

TEST(reset, handles_are_cheap_to_copy_and_copies_are_independent) {
  auto s = server::make(made(server_options()));
  ASSERT_TRUE(succeeded(s));
  const server copy = *s;
  ASSERT_TRUE(succeeded(s->reset(made(server_options("server-b")))));
  auto opt = client_options();
  opt.insecure_noverifyname = true;
  const auto c = client::make(made(opt));
  ASSERT_TRUE(succeeded(c));
  tls_link link;
  link.client.adopt(c->connect("localhost", link.client.io()));
  link.server.adopt(copy.accept(link.server.io()));
  actor a(link.client);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.client.info().peer.common_name, "localhost");
}

}  // namespace
}  // namespace stls::test
