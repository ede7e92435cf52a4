// OCSP stapling: what a client makes of every kind of staple, and what a server staples. The servers of the
// first half are raw, since one of stls refuses to staple garbage.
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

const std::string failed_prefix = "ocsp verify failed: ";
const std::string absent = "no stapled OCSP response provided";
const std::string not_signed = failed_prefix + "not signed by the issuer or its responder";

// collector keeps the warnings of a config.
struct collector {
  std::vector<std::pair<std::string, std::string>> all;  // code and sentence

  [[nodiscard]] std::function<void(const warning&)> receiver() {
    return [this](const warning& w) { all.emplace_back(w.code, w.message); };
  }
};

// encounter is what came of a client of stls and a raw server.
struct encounter {
  bool ok = false;
  error client;
  std::vector<std::string> alerts;  // that the server received
  bool asked = false;               // the client sent status_request
  conn_info info;
};

encounter visit(const options& opt, const std::optional<bytes>& staple,
                const std::string& certificate = "server") {
  encounter e;
  memory_pair wire;
  tls_end client("client", transport::from(wire.client), pace::plain, [&] { wire.client.close(); });
  raw_peer server(wire.server, {.certificate = certificate, .staple = staple});
  client.adopt(client::make(made(opt)).and_then(
      [&](const stls::client& c) { return c.connect("localhost", client.io()); }));
  if (!client.adopted()) return e;
  actor a(client);
  actor b(server);
  const auto greeting = to_bytes("hello");
  a.handshake().call("look", [&] { e.info = client.info(); }).send(greeting);
  b.handshake().recv(greeting.size());
  EXPECT_EQ(drive(a, b), outcome::finished) << "client: " << a.story() << "; server: " << b.story();
  e.ok = a.done() && b.done();
  e.client = a.failure;
  e.alerts = server.alerts();
  e.asked = server.was_asked_for_staple();
  return e;
}

class matrix_ocsp : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client() { return GetParam().client_options(); }
  static options requiring() {
    auto opt = client();
    opt.ocsp_require_stapling = true;
    return opt;
  }

  static void expect_refused(const encounter& e, errc code, const std::string& sentence,
                             const std::string& alert) {
    EXPECT_FALSE(e.ok);
    EXPECT_TRUE(is_error(e.client, code, sentence));
    EXPECT_EQ(e.client.alert < 0 ? "" : alert_name(e.client.alert), alert)
        << "what the client says that it sent";
    EXPECT_EQ(e.alerts, std::vector<std::string>{alert}) << "what the server received";
  }

  // What proves nothing is refused where stapling is required, and else worth a warning.
  static void expect_useless(const bytes& staple, const std::string& sentence,
                             const std::string& certificate = "server", options opt = client()) {
    collector warnings;
    opt.on_warning = warnings.receiver();
    const auto lenient = visit(opt, staple, certificate);
    EXPECT_TRUE(lenient.ok) << lenient.client.message;
    EXPECT_EQ(warnings.all, (decltype(warnings.all){{"ocsp_staple", "localhost: " + sentence}}));
    opt.ocsp_require_stapling = true;
    expect_refused(visit(opt, staple, certificate), errc::revocation_unknown, sentence,
                   "bad_certificate_status_response");
  }

  static void expect_good(const bytes& staple, const std::string& certificate = "server",
                          options opt = requiring()) {
    collector warnings;
    opt.on_warning = warnings.receiver();
    const auto e = visit(opt, staple, certificate);
    EXPECT_TRUE(e.ok) << e.client.message;
    EXPECT_TRUE(warnings.all.empty()) << warnings.all.front().second;
    EXPECT_EQ(e.info.ocsp.response_status, 0);
    EXPECT_EQ(e.info.ocsp.cert_status, 0);
    EXPECT_EQ(e.info.ocsp.crl_reason, -1);
    EXPECT_EQ(e.info.ocsp.result, "good");
  }

  // libssl knows no other alert in TLS 1.2, where the staple comes after the certificate.
  static std::string alert_of_revocation() {
    return GetParam().tls1_3() ? "certificate_revoked" : "bad_certificate_status_response";
  }
};

// -- asking --

TEST_P(matrix_ocsp, is_asked_for_where_certificates_are_verified) {
  EXPECT_TRUE(visit(client(), {}).asked);
  auto without_names = client();
  without_names.insecure_noverifyname = true;
  EXPECT_TRUE(visit(without_names, {}).asked);
  auto blind = client();
  blind.insecure_noverifycert = true;
  EXPECT_FALSE(visit(blind, make_ocsp()).asked);
}

TEST_P(matrix_ocsp, is_not_asked_for_where_nobody_wants_it) {
  auto opt = client();
  opt.ocsp_request = false;
  const auto e = visit(opt, make_ocsp());
  EXPECT_TRUE(e.ok) << e.client.message;
  EXPECT_FALSE(e.asked);
  EXPECT_EQ(e.info.ocsp, ocsp_info());
}

TEST_P(matrix_ocsp, absent) {
  collector warnings;
  auto opt = client();
  opt.on_warning = warnings.receiver();
  const auto e = visit(opt, {});
  EXPECT_TRUE(e.ok) << e.client.message;
  EXPECT_TRUE(warnings.all.empty()) << "it is normal";
  EXPECT_EQ(e.info.ocsp, ocsp_info());
  expect_refused(visit(requiring(), {}), errc::revocation_unknown, absent, "bad_certificate_status_response");
}

// -- good ones --

TEST_P(matrix_ocsp, by_the_issuer) {
  expect_good(make_ocsp());
  expect_good(make_ocsp({.embed_signer = false}));
}

TEST_P(matrix_ocsp, by_an_issuer_that_is_the_root) {
  auto opt = requiring();
  opt.ca = pki::file("ca-rsa.pem");
  expect_good(make_ocsp({.certificate = "server-rsa", .issuer = "ca-rsa", .signer = "ca-rsa"}), "server-rsa",
              opt);
}

TEST_P(matrix_ocsp, by_a_responder_of_the_issuer) { expect_good(make_ocsp({.signer = "responder"})); }

TEST_P(matrix_ocsp, naming_the_certificate_by_sha256) { expect_good(make_ocsp({.id_digest = "SHA256"})); }

TEST_P(matrix_ocsp, clocks_may_differ_by_a_minute) {
  expect_good(make_ocsp({.this_update = 30s}));
  expect_good(make_ocsp({.next_update = -30s}));
}

TEST_P(matrix_ocsp, is_described) {
  const auto before = std::chrono::system_clock::now();
  const auto e = visit(client(), make_ocsp(), "server");
  ASSERT_TRUE(e.ok) << e.client.message;
  const auto& ocsp = e.info.ocsp;
  ASSERT_TRUE(ocsp.this_update && ocsp.next_update);
  EXPECT_LT(std::chrono::abs(before - 1h - *ocsp.this_update), 30s);
  EXPECT_LT(std::chrono::abs(before + 24h - *ocsp.next_update), 30s);
  EXPECT_FALSE(ocsp.revocation_time);
  EXPECT_EQ(ocsp.url, "");
}

TEST_P(matrix_ocsp, the_url_is_described_with_and_without_a_staple) {
  EXPECT_EQ(visit(client(), {}, "server-ocsp-url").info.ocsp.url, "http://ocsp.example/here");
  const auto e = visit(client(), make_ocsp({.certificate = "server-ocsp-url"}), "server-ocsp-url");
  EXPECT_EQ(e.info.ocsp.url, "http://ocsp.example/here");
  EXPECT_EQ(e.info.ocsp.cert_status, 0);
}

// -- useless ones --

TEST_P(matrix_ocsp, garbage) {
  const std::string sentence = failed_prefix + "unable to parse OCSP response";
  expect_useless(to_bytes("garbage"), sentence);
  auto longer = make_ocsp();
  longer.push_back(std::byte{0});
  expect_useless(longer, sentence);
  auto shorter = make_ocsp();
  shorter.pop_back();
  expect_useless(shorter, sentence);
}

TEST_P(matrix_ocsp, refusal_of_the_responder) {
  const auto staple = make_ocsp_refusal(3);
  expect_useless(staple, failed_prefix + "response - trylater");
  const auto e = visit(client(), staple);
  EXPECT_EQ(e.info.ocsp.response_status, 3);
  EXPECT_EQ(e.info.ocsp.cert_status, -1);
  EXPECT_EQ(e.info.ocsp.result, "trylater");
}

TEST_P(matrix_ocsp, expired) {
  expect_useless(make_ocsp({.this_update = -48h, .next_update = -24h}),
                 failed_prefix + "ocsp response not current: it has expired");
  expect_useless(make_ocsp({.next_update = -90s}),
                 failed_prefix + "ocsp response not current: it has expired");
}

TEST_P(matrix_ocsp, of_the_future) {
  for (const std::chrono::seconds ahead :
       {std::chrono::seconds(90s), std::chrono::seconds(24h * 365 * 400)}) {
    expect_useless(make_ocsp({.this_update = ahead, .next_update = ahead + 1h}),
                   failed_prefix + "ocsp response not current: it is not yet valid");
  }
}

TEST_P(matrix_ocsp, too_old_whatever_it_says_itself) {
  expect_useless(make_ocsp({.this_update = -24h * 15, .next_update = 24h * 15}),
                 failed_prefix + "ocsp response not current: it is older than 14 days");
}

TEST_P(matrix_ocsp, without_an_end_is_good_enough_only_where_none_is_required) {
  const auto staple = make_ocsp({.next_update = {}});
  expect_good(staple, "server", client());
  expect_refused(visit(requiring(), staple), errc::revocation_unknown,
                 failed_prefix + "ocsp response not current: it does not say until when it is valid",
                 "bad_certificate_status_response");
}

TEST_P(matrix_ocsp, for_another_certificate) {
  expect_useless(make_ocsp({.certificate = "server-a"}), failed_prefix + "no result for cert");
}

TEST_P(matrix_ocsp, by_an_unrelated_signer) {
  expect_useless(make_ocsp({.signer = "ca2"}), not_signed);
  expect_useless(make_ocsp({.signer = "ca2", .embed_signer = false}), not_signed);
  // Of the same issuer, but not for this; and the issuer's issuer.
  expect_useless(make_ocsp({.signer = "client"}), not_signed);
  expect_useless(make_ocsp({.signer = "ca"}), not_signed);
}

// libtls's flags would let this pass: a thief of the key could vouch for it for ever.
TEST_P(matrix_ocsp, by_the_key_of_the_certificate_itself) {
  expect_useless(make_ocsp({.signer = "server"}), not_signed);
  expect_useless(make_ocsp({.signer = "server", .embed_signer = false}), not_signed);
}

TEST_P(matrix_ocsp, forged) {
  auto staple = make_ocsp({.embed_signer = false});
  staple.back() ^= std::byte{1};  // of the signature
  expect_useless(staple, not_signed);
}

TEST_P(matrix_ocsp, with_a_weak_signature) {
  expect_useless(make_ocsp({.digest = "SHA1"}), failed_prefix + "signature is too weak");
}

TEST_P(matrix_ocsp, by_a_responder_that_is_revoked) {
  const auto staple = make_ocsp({.signer = "responder-revoked"});
  expect_good(staple);
  auto opt = client();
  opt.crl = pki::file("crl.pem");
  expect_useless(staple, not_signed, "server", opt);
  opt.ocsp_require_stapling = true;
  expect_good(make_ocsp({.signer = "responder"}), "server", opt);
  expect_good(make_ocsp(), "server", opt);
}

TEST_P(matrix_ocsp, of_a_certificate_that_is_its_own_root) {
  auto opt = client();
  opt.ca = pki::file("self-signed.pem");
  const auto staple =
      make_ocsp({.certificate = "self-signed", .issuer = "self-signed", .signer = "self-signed"});
  expect_useless(staple, failed_prefix + "no issuer cert", "self-signed", opt);
}

TEST_P(matrix_ocsp, that_says_unknown) {
  const auto staple = make_ocsp({.status = ocsp_status::unknown});
  expect_useless(staple, failed_prefix + "the responder does not know the cert");
  const auto e = visit(client(), staple);
  EXPECT_EQ(e.info.ocsp.cert_status, 2);
  EXPECT_EQ(e.info.ocsp.result, "unknown");
}

// -- revoked --

TEST_P(matrix_ocsp, revoked_is_refused_always) {
  for (const auto& opt : {client(), requiring()}) {
    expect_refused(visit(opt, make_ocsp({.status = ocsp_status::revoked, .reason = 1})),
                   errc::certificate_revoked, failed_prefix + "revoked cert - keyCompromise",
                   alert_of_revocation());
    expect_refused(visit(opt, make_ocsp({.signer = "responder", .status = ocsp_status::revoked})),
                   errc::certificate_revoked, failed_prefix + "revoked cert - no reason given",
                   alert_of_revocation());
    expect_refused(
        visit(opt,
              make_ocsp(
                  {.status = ocsp_status::revoked, .reason = 4, .this_update = -48h, .next_update = -24h})),
        errc::certificate_revoked, failed_prefix + "revoked cert - superseded", alert_of_revocation());
  }
}

TEST_P(matrix_ocsp, a_stranger_cannot_revoke) {
  expect_useless(make_ocsp({.signer = "ca2", .status = ocsp_status::revoked}), not_signed);
}

// -- with insecure_ options --

TEST_P(matrix_ocsp, noverifytime_leaves_the_dates_out_and_nothing_else) {
  auto opt = requiring();
  opt.insecure_noverifytime = true;
  expect_good(make_ocsp({.this_update = -48h, .next_update = -24h}), "server", opt);
  expect_good(make_ocsp({.this_update = 48h}), "server", opt);
  expect_refused(visit(opt, make_ocsp({.signer = "server"})), errc::revocation_unknown, not_signed,
                 "bad_certificate_status_response");
  expect_refused(visit(opt, make_ocsp({.status = ocsp_status::revoked})), errc::certificate_revoked,
                 failed_prefix + "revoked cert - no reason given", alert_of_revocation());
}

TEST_P(matrix_ocsp, noverifycert_looks_at_nothing) {
  auto opt = client();
  opt.insecure_noverifycert = true;
  const auto e = visit(opt, make_ocsp({.status = ocsp_status::revoked}));
  EXPECT_TRUE(e.ok) << e.client.message;
  EXPECT_EQ(e.info.ocsp, ocsp_info());
}

// -- the clock --

TEST_P(matrix_ocsp, the_clock_of_stls_decides) {
  const auto by_issuer = make_ocsp();
  const auto by_responder = make_ocsp({.signer = "responder"});
  {
    const test_clock tomorrow(25h);
    expect_useless(by_issuer, failed_prefix + "ocsp response not current: it has expired");
    expect_useless(by_responder, failed_prefix + "ocsp response not current: it has expired");
    expect_good(make_ocsp({.this_update = 24h, .next_update = 48h}));
  }
  const test_clock before(-12h);
  expect_useless(by_issuer, failed_prefix + "ocsp response not current: it is not yet valid");
}

// -- warnings --

// flagged is a wire that knows when one of its callbacks runs.
struct flagged {
  pipe_end& wire;
  bool inside = false;

  io_result read(std::span<std::byte> into) {
    return within([&] { return wire.read(into); });
  }
  io_result write(std::span<const std::byte> from) {
    return within([&] { return wire.write(from); });
  }

  template <class Call>
  io_result within(Call call) {
    inside = true;
    const auto r = call();
    inside = false;
    return r;
  }
};

TEST_P(matrix_ocsp, warnings_are_given_once_and_never_inside_a_callback) {
  memory_pair wire;
  flagged io{.wire = wire.client};
  auto opt = client();
  int warnings = 0;
  opt.on_warning = [&](const warning&) {
    EXPECT_FALSE(io.inside);
    ++warnings;
  };
  tls_end client("client", transport::from(io), pace::single_bytes, [&] { wire.client.close(); });
  raw_peer server(wire.server, {.staple = to_bytes("garbage")});
  const auto connector = client::make(made(opt));
  ASSERT_TRUE(succeeded(connector));
  client.adopt(connector->connect("localhost", client.io()));
  actor a(client);
  actor b(server);
  a.handshake().send(to_bytes("hello"));
  b.handshake().recv(5);
  play(a, b);
  EXPECT_EQ(warnings, 1);
}

// -- servers of stls --

struct staple_seen {
  bool ok = false;
  bytes staple;
  std::string common_name;
};

staple_seen ask(const engine_case& c, const options& opt, const std::string& servername,
                bool for_staple = true) {
  staple_seen seen;
  memory_pair wire;
  tls_end server("server", transport::from(wire.server), pace::plain, [&] { wire.server.close(); });
  raw_peer client(wire.client, {.end = role::client,
                                .min_version = c.tls1_3() ? tls1_3_wire : tls1_2_wire,
                                .max_version = c.tls1_3() ? tls1_3_wire : tls1_2_wire,
                                .servername = servername,
                                .ask_staple = for_staple});
  server.adopt(
      server::make(made(opt)).and_then([&](const stls::server& s) { return s.accept(server.io()); }));
  if (!server.adopted()) return seen;
  actor a(client);
  actor b(server);
  a.handshake();
  b.handshake();
  EXPECT_EQ(drive(a, b), outcome::finished);
  seen.ok = a.done() && b.done();
  seen.staple = client.staple();
  seen.common_name = client.peer_common_name();
  return seen;
}

TEST_P(matrix_ocsp, servers_staple_what_belongs_to_the_chosen_keypair) {
  const auto of_server = make_ocsp();
  const auto of_a = make_ocsp({.certificate = "server-a", .signer = "responder"});
  auto opt = GetParam().server_options();
  opt.ocsp_staple = material::bytes(of_server);
  opt.keypairs = {pki::pair("server-a"), pki::pair("server-b")};
  opt.keypairs[0].ocsp_staple = material::bytes(of_a);
  const std::vector<std::tuple<std::string, std::string, bytes>> expected = {
      {"localhost", "localhost", of_server},
      {"a.example", "a.example", of_a},
      {"b.example", "b.example", {}},
      {"other.example", "localhost", of_server},
      {"", "localhost", of_server}};
  for (const auto& [servername, common_name, staple] : expected) {
    SCOPED_TRACE(servername);
    const auto seen = ask(GetParam(), opt, servername);
    EXPECT_TRUE(seen.ok);
    EXPECT_EQ(seen.common_name, common_name);
    EXPECT_EQ(difference(seen.staple, staple), "");
  }
}

TEST_P(matrix_ocsp, servers_staple_nothing_where_nobody_asked) {
  auto opt = GetParam().server_options();
  opt.ocsp_staple = material::bytes(make_ocsp());
  const auto seen = ask(GetParam(), opt, "localhost", false);
  EXPECT_TRUE(seen.ok);
  EXPECT_TRUE(seen.staple.empty());
}

TEST_P(matrix_ocsp, our_servers_convince_our_clients) {
  auto server = GetParam().server_options();
  const std::string file = ::testing::TempDir() + "stls_test_" + GetParam().name() + ".ocsp";
  pki::write(file, to_text(make_ocsp()));
  server.ocsp_staple = material::file(file);
  const auto m = meet(requiring(), server);
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.ocsp.result, "good");
  EXPECT_EQ(m.server_info.ocsp, ocsp_info());
  server.ocsp_staple = {};
  const auto without = meet(requiring(), server);
  EXPECT_TRUE(is_error(without.client, errc::revocation_unknown, absent));
  EXPECT_EQ(without.server_alert(), "bad_certificate_status_response");
  EXPECT_EQ(std::remove(file.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_ocsp, ::testing::ValuesIn(ocsp_cases()), case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(matrix_ocsp);

// -- configs; what they refuse is in unit/options_test.cpp --

TEST(config_ocsp, warns_of_staples_that_will_convince_nobody) {
  if (!of_default_engine().ocsp) GTEST_SKIP() << "no engine of this build has OCSP";
  const std::vector<std::tuple<ocsp_wish, std::string, std::string>> useless = {
      {{.certificate = "server-a"}, "ocsp_staple_mismatch", "ocsp_staple: is for another certificate"},
      {{.this_update = -48h, .next_update = -24h},
       "ocsp_staple_not_current",
       "ocsp_staple: not current: it has expired"},
      {{.this_update = 24h, .next_update = 48h},
       "ocsp_staple_not_current",
       "ocsp_staple: not current: it is not yet valid"},
      {{.status = ocsp_status::revoked},
       "ocsp_staple_revoked",
       "ocsp_staple: says that the certificate is revoked"}};
  for (const auto& [wish, code, sentence] : useless) {
    collector warnings;
    options opt;
    pki::present(opt, "server");
    opt.ocsp_staple = material::bytes(make_ocsp(wish));
    opt.on_warning = warnings.receiver();
    EXPECT_TRUE(succeeded(config::make(opt)));
    EXPECT_EQ(warnings.all, (decltype(warnings.all){{code, sentence}}));
  }
  for (const char* digest : {"SHA1", "SHA256"}) {
    collector warnings;
    options opt;
    pki::present(opt, "server");
    opt.ocsp_staple = material::bytes(make_ocsp({.id_digest = digest}));
    opt.on_warning = warnings.receiver();
    EXPECT_TRUE(succeeded(config::make(opt)));
    EXPECT_TRUE(warnings.all.empty());
  }
}

TEST(config_ocsp, is_described) {
  if (!of_default_engine().ocsp) GTEST_SKIP() << "no engine of this build has OCSP";
  options opt;
  opt.ca = pki::file("ca.pem");
  pki::present(opt, "server");
  EXPECT_EQ(made(opt).describe().find("ocsp"), std::string::npos) << "the defaults";
  opt.ocsp_staple = material::bytes(make_ocsp());
  opt.ocsp_require_stapling = true;
  const auto text = made(opt).describe();
  EXPECT_NE(text.find("\nocsp_staple: of 1 keypairs\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nocsp_require_stapling: true\n"), std::string::npos) << text;
  opt.ocsp_require_stapling = false;
  opt.ocsp_request = false;
  EXPECT_NE(made(opt).describe().find("\nocsp_request: false\n"), std::string::npos);
}

}  // namespace
}  // namespace stls::test
