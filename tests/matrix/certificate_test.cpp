// What the options about certificates do, and what both ends learn: errc, sentence, and the alert that the
// peer receives. All engine pairs, both versions. Certificates of every kind: broken_certificate_test.cpp.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

// verdict says what a client should make of a server's certificate.
struct verdict {
  std::string certificate;  // of the PKI
  std::string servername = "localhost";
  errc code{};  // errc{}: it is good
  std::string sentence{};
  std::string alert{};  // the one that the server receives
};

constexpr std::string_view failed_prefix = "certificate verification failed: ";

std::string verification(std::string_view why) { return std::string(failed_prefix).append(why); }
std::string not_present(std::string_view name) {
  return std::string("name `").append(name).append("' not present in server certificate");
}

class matrix_certificate : public ::testing::TestWithParam<engine_case> {
 protected:
  static void expect_good(const meeting& m, std::string_view what) {
    EXPECT_TRUE(m.ok) << what << ": client: " << m.client.message << "; server: " << m.server.message;
  }

  static void expect_refused(const meeting& m, const verdict& v) {
    SCOPED_TRACE(v.certificate + " as " + v.servername);
    EXPECT_FALSE(m.ok);
    EXPECT_EQ(m.client_at, "handshake");
    EXPECT_TRUE(is_error(m.client, v.code, v.sentence));
    EXPECT_EQ(m.client_alert(), v.alert) << "what the client says that it sent";
    EXPECT_TRUE(is_error(m.server, errc::alert_received));
    EXPECT_EQ(m.server_alert(), v.alert) << "what the server received";
  }

  static meeting meet_as(const options& client, const std::string& certificate,
                         std::string_view servername = "localhost") {
    return meet(client, GetParam().server_options(certificate), servername);
  }

  static void check(const verdict& v) {
    const auto m = meet_as(GetParam().client_options(), v.certificate, v.servername);
    if (v.code == errc{}) {
      expect_good(m, v.certificate + " as " + v.servername);
    } else {
      expect_refused(m, v);
    }
  }
};

TEST_P(matrix_certificate, good_ones_are_accepted) {
  check({.certificate = "server"});
  check({.certificate = "server", .servername = "test.example"});
  check({.certificate = "server-b", .servername = "b.example"});
  auto rsa = GetParam().client_options();
  rsa.ca = pki::file("ca-rsa.pem");
  expect_good(meet_as(rsa, "server-rsa"), "server-rsa");
}

TEST_P(matrix_certificate, expired) {
  check({.certificate = "expired",
         .code = errc::certificate_expired,
         .sentence = verification("certificate has expired"),
         .alert = "certificate_expired"});
}

// RFC 8446 section 6.2: certificate_expired is for what "is not currently valid", be it too early or too
// late.
TEST_P(matrix_certificate, not_yet_valid) {
  check({.certificate = "not-yet-valid",
         .code = errc::certificate_not_yet_valid,
         .sentence = verification("certificate is not yet valid"),
         .alert = "certificate_expired"});
}

TEST_P(matrix_certificate, of_an_authority_that_is_not_trusted) {
  check({.certificate = "untrusted",
         .code = errc::certificate_untrusted,
         .sentence = verification("unable to get local issuer certificate"),
         .alert = "unknown_ca"});
}

TEST_P(matrix_certificate, signed_by_itself) {
  check({.certificate = "self-signed",
         .code = errc::certificate_untrusted,
         .sentence = verification("self-signed certificate"),
         .alert = "unknown_ca"});
  auto trusting = GetParam().client_options();
  trusting.ca = pki::file("self-signed.pem");
  expect_good(meet_as(trusting, "self-signed"), "self-signed, but trusted");
}

TEST_P(matrix_certificate, without_its_intermediate) {
  const auto whole = pki::read(pki::path("server.pem"));
  auto server = GetParam().server_options();
  server.cert = pem::text(whole.substr(0, whole.find("-----BEGIN", 10)));
  expect_refused(meet(GetParam().client_options(), server),
                 {.certificate = "server, its leaf alone",
                  .code = errc::certificate_untrusted,
                  .sentence = verification("unable to get local issuer certificate"),
                  .alert = "unknown_ca"});
}

TEST_P(matrix_certificate, not_made_for_servers) {
  check({.certificate = "no-server-auth",
         .code = errc::certificate_untrusted,
         .sentence = verification("unsuitable certificate purpose"),
         .alert = "unsupported_certificate"});
  check({.certificate = "client",
         .code = errc::certificate_untrusted,
         .sentence = verification("unsuitable certificate purpose"),
         .alert = "unsupported_certificate"});
}

TEST_P(matrix_certificate, with_another_name) {
  check({.certificate = "wrong-name",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("localhost"),
         .alert = "bad_certificate"});
  check({.certificate = "server",
         .servername = "elsewhere.example",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("elsewhere.example"),
         .alert = "bad_certificate"});
}

TEST_P(matrix_certificate, with_its_name_as_common_name_only) {
  check({.certificate = "cn-only",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("localhost"),
         .alert = "bad_certificate"});
}

TEST_P(matrix_certificate, wildcards_stand_for_one_label) {
  check({.certificate = "server", .servername = "a.wild.example"});
  check({.certificate = "server", .servername = "A.Wild.EXAMPLE"});
  for (const std::string name : {"wild.example", "a.b.wild.example", "awild.example"}) {
    check({.certificate = "server",
           .servername = name,
           .code = errc::certificate_name_mismatch,
           .sentence = not_present(name),
           .alert = "bad_certificate"});
  }
}

TEST_P(matrix_certificate, addresses_are_verified_as_addresses) {
  check({.certificate = "server", .servername = "127.0.0.1"});
  check({.certificate = "server", .servername = "::1"});
  check({.certificate = "server", .servername = "0:0:0:0:0:0:0:1"});
  check({.certificate = "server",
         .servername = "127.0.0.2",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("127.0.0.2"),
         .alert = "bad_certificate"});
  check({.certificate = "server",
         .servername = "::2",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("::2"),
         .alert = "bad_certificate"});
  check({.certificate = "server-b",
         .servername = "127.0.0.1",
         .code = errc::certificate_name_mismatch,
         .sentence = not_present("127.0.0.1"),
         .alert = "bad_certificate"});
}

// -- what insecure_ options let pass, and what they do not --

TEST_P(matrix_certificate, noverifyname_lets_other_names_pass_and_nothing_else) {
  auto client = GetParam().client_options();
  client.insecure_noverifyname = true;
  expect_good(meet_as(client, "wrong-name"), "wrong-name");
  expect_good(meet_as(client, "cn-only"), "cn-only");
  expect_good(meet_as(client, "server", ""), "no name at all");
  expect_good(meet_as(client, "server", "10.1.2.3"), "an address");
  expect_refused(meet_as(client, "untrusted"),
                 {.certificate = "untrusted",
                  .code = errc::certificate_untrusted,
                  .sentence = verification("unable to get local issuer certificate"),
                  .alert = "unknown_ca"});
  expect_refused(meet_as(client, "expired"), {.certificate = "expired",
                                              .code = errc::certificate_expired,
                                              .sentence = verification("certificate has expired"),
                                              .alert = "certificate_expired"});
  expect_refused(meet_as(client, "no-server-auth"),
                 {.certificate = "no-server-auth",
                  .code = errc::certificate_untrusted,
                  .sentence = verification("unsuitable certificate purpose"),
                  .alert = "unsupported_certificate"});
}

TEST_P(matrix_certificate, noverifytime_lets_old_and_new_ones_pass_and_nothing_else) {
  auto client = GetParam().client_options();
  client.insecure_noverifytime = true;
  expect_good(meet_as(client, "expired"), "expired");
  expect_good(meet_as(client, "not-yet-valid"), "not-yet-valid");
  expect_refused(meet_as(client, "untrusted"),
                 {.certificate = "untrusted",
                  .code = errc::certificate_untrusted,
                  .sentence = verification("unable to get local issuer certificate"),
                  .alert = "unknown_ca"});
  expect_refused(meet_as(client, "wrong-name"), {.certificate = "wrong-name",
                                                 .code = errc::certificate_name_mismatch,
                                                 .sentence = not_present("localhost"),
                                                 .alert = "bad_certificate"});
}

TEST_P(matrix_certificate, noverifycert_lets_all_pass) {
  auto client = GetParam().client_options();
  client.insecure_noverifycert = true;
  for (const std::string certificate :
       {"untrusted", "expired", "not-yet-valid", "self-signed", "wrong-name", "no-server-auth", "cn-only"}) {
    expect_good(meet_as(client, certificate), certificate);
  }
  expect_good(meet_as(client, "server", ""), "no name at all");
  client.ca = {};
  expect_good(meet_as(client, "untrusted"), "without any roots");
}

TEST_P(matrix_certificate, noverifycert_still_demands_the_key_of_the_certificate) {
  // The peer shows a certificate whose key it does not have. libssl does not let a raw peer do that, so that
  // the signature is broken on the way.
  if (GetParam().tls1_3()) return;  // there it is encrypted
  auto client = GetParam().client_options();
  client.insecure_noverifycert = true;
  tls_link link;
  link.open(made(client), made(GetParam().server_options()));
  (void)link.client.handshake();
  (void)link.server.handshake();
  auto flight = link.wire.client.arrived();
  // The last byte before ServerHelloDone, of 4 bytes in its own record or message, is the signature's.
  const auto done_message = from_hex("0e000000");
  const auto at = std::search(flight.rbegin(), flight.rend(), done_message.rbegin(), done_message.rend());
  ASSERT_NE(at, flight.rend());
  auto signature_end = static_cast<std::size_t>(flight.rend() - at) - 4;
  if (flight[signature_end - 5] == std::byte{22} && flight[signature_end - 1] == std::byte{4})
    signature_end -= 5;
  flight[signature_end - 1] ^= std::byte{1};
  link.wire.server.inject(flight);
  EXPECT_EQ(link.client.handshake(), failed);
  EXPECT_TRUE(is_error(link.client.failure(), errc::protocol));
  EXPECT_EQ(link.client.failure().alert, 51) << "decrypt_error";
}

// -- the clock --

TEST_P(matrix_certificate, the_clock_of_stls_decides) {
  const auto client = made(GetParam().client_options());
  const auto server = made(GetParam().server_options());
  expect_good(meet(client, server), "now");
  {
    const test_clock years_later(std::chrono::years(3));
    const auto m = meet(client, server);
    EXPECT_TRUE(is_error(m.client, errc::certificate_expired));
  }
  {
    const test_clock years_before(std::chrono::years(-3));
    const auto m = meet(client, server);
    EXPECT_TRUE(is_error(m.client, errc::certificate_not_yet_valid));
  }
  expect_good(meet(client, server), "now again");
}

TEST_P(matrix_certificate, each_certificate_of_the_chain_is_judged_by_the_clock) {
  const test_clock back_then(-std::chrono::days(500));
  // The expired certificate is good then, but its intermediate is not yet.
  const auto m = meet_as(GetParam().client_options(), "expired");
  EXPECT_TRUE(is_error(m.client, errc::certificate_not_yet_valid));
}

// -- verify_depth --

TEST_P(matrix_certificate, verify_depth_counts_intermediates) {
  auto client = GetParam().client_options();
  client.verify_depth = 1;
  expect_good(meet_as(client, "server"), "one intermediate of one");
  client.verify_depth = 0;
  const auto m = meet_as(client, "server");
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.client, errc::certificate_untrusted, verification("certificate chain too long")));
  EXPECT_EQ(m.server_alert(), "unknown_ca");
  client.ca = pki::file("ca-rsa.pem");
  expect_good(meet_as(client, "server-rsa"), "no intermediate of none");
}

// -- ca, ca_path --

TEST_P(matrix_certificate, ca_may_hold_many_roots) {
  auto client = GetParam().client_options();
  client.ca = pki::file("ca-bundle.pem");
  expect_good(meet_as(client, "server"), "of the first");
  expect_good(meet_as(client, "untrusted"), "of the second");
  expect_good(meet_as(client, "server-rsa"), "of the third");
}

TEST_P(matrix_certificate, ca_path_is_a_directory_of_hashed_roots) {
  auto client = GetParam().client_options();
  client.ca = {};
  client.ca_path = pki::path("ca-dir");
  expect_good(meet_as(client, "server"), "of ca");
  expect_good(meet_as(client, "server-rsa"), "of ca-rsa");
  EXPECT_TRUE(is_error(meet_as(client, "untrusted").client, errc::certificate_untrusted));
}

TEST_P(matrix_certificate, ca_and_ca_path_add_up) {
  auto client = GetParam().client_options();
  client.ca = pki::file("ca2.pem");
  client.ca_path = pki::path("ca-dir");
  expect_good(meet_as(client, "server"), "of ca_path");
  expect_good(meet_as(client, "untrusted"), "of ca");
}

TEST_P(matrix_certificate, ca_replaces_the_systems_roots_and_nothing_of_the_test_is_in_those) {
  auto client = GetParam().client_options();
  client.ca = {};
  const auto conf = config::make(client);
  if (!conf) {
    EXPECT_TRUE(is_error(conf, errc::bad_config)) << "without a trust store in the system";
    return;
  }
  EXPECT_TRUE(is_error(meet(*conf, made(GetParam().server_options())).client, errc::certificate_untrusted));
}

TEST_P(matrix_certificate, documents_may_be_texts) {
  auto client = GetParam().client_options();
  client.ca = pem::text(pki::read(pki::path("ca.pem")));
  auto server = GetParam().server_options();
  server.cert = pem::text(pki::read(pki::path("server.pem")));
  server.key = pem::text(pki::read(pki::path("server.key")));
  expect_good(meet(client, server), "texts");
}

TEST_P(matrix_certificate, documents_may_have_other_line_ends_and_words_around) {
  expect_good(meet_as(GetParam().client_options(), "server-crlf"), "CRLF");
}

TEST_P(matrix_certificate, files_are_read_when_the_config_is_made_and_never_later) {
  const std::string copy = ::testing::TempDir() + "stls_test_" + GetParam().name() + ".pem";
  pki::write(copy, pki::read(pki::path("ca.pem")));
  auto client = GetParam().client_options();
  client.ca = pem::file(copy);
  const auto conf = made(client);
  pki::write(copy, "gone");
  expect_good(meet(conf, made(GetParam().server_options())), "after the file changed");
  EXPECT_TRUE(is_error(config::make(client), errc::bad_pem));
  EXPECT_EQ(std::remove(copy.c_str()), 0);
}

TEST_P(matrix_certificate, keys_of_every_format_work) {
  struct format {
    std::string cert;
    std::string key;
    std::string ca;
    std::string password{};
  };
  const std::vector<format> formats = {{"server.pem", "server.key", "ca.pem"},
                                       {"server.pem", "server-ec-sec1.key", "ca.pem"},
                                       {"server-rsa.pem", "server-rsa-pkcs1.key", "ca-rsa.pem"},
                                       {"server-rsa.pem", "server-rsa-pkcs8.key", "ca-rsa.pem"},
                                       {"server.pem", "server-encrypted.key", "ca.pem", "secret"},
                                       {"server.pem", "server-legacy-encrypted.key", "ca.pem", "secret"}};
  for (const auto& f : formats) {
    if (!f.password.empty() && !GetParam().server->capabilities().encrypted_keys) continue;
    auto client = GetParam().client_options();
    client.ca = pki::file(f.ca);
    auto server = GetParam().server_options();
    server.cert = pki::file(f.cert);
    server.key = pki::file(f.key);
    server.key_password = f.password;
    expect_good(meet(client, server), f.key);
  }
}

TEST_P(matrix_certificate, one_file_may_hold_certificate_and_key) {
  const auto both = pki::read(pki::path("server.key")) + pki::read(pki::path("server.pem"));
  auto server = GetParam().server_options();
  server.cert = pem::text(both);
  server.key = pem::text(both);
  expect_good(meet(GetParam().client_options(), server), "one file");
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_certificate, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
