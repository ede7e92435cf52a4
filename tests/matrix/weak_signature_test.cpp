// SHA-1 in the signatures of a handshake of TLS 1.2: nothing is signed with it, and nothing is taken that
// was.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/raw_link.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace stls::test {
namespace {

constexpr const char* sha1 = "RSA+SHA1:ECDSA+SHA1";

struct signature_case {
  end_case subject;
  std::string key;
  bool mac_of_sha1 = false;  // a cipher with HMAC-SHA1 is in the list, so that the engine has SHA-1 at hand
};
void PrintTo(const signature_case& c, std::ostream* out) { *out << c.subject.name() << ' ' << c.key; }
std::string name_of_case(const ::testing::TestParamInfo<signature_case>& info) {
  return info.param.subject.name() + (info.param.key == "P-256" ? "_EC" : "_RSA") +
         (info.param.mac_of_sha1 ? "_with_SHA1_at_hand" : "");
}
std::vector<signature_case> signature_cases() {
  std::vector<signature_case> all;
  for (const auto& c : end_cases()) {
    if (c.tls1_3()) continue;  // RFC 8446 section 4.2.3: SHA-1 is not in its handshakes at all
    for (const std::string key : {"P-256", "RSA-2048"}) {
      for (const bool mac_of_sha1 : {false, true}) all.push_back({c, key, mac_of_sha1});
    }
  }
  return all;
}

class matrix_weak_signature : public ::testing::TestWithParam<signature_case> {
 protected:
  // The end of stls, with the client's certificate and the trust in it.
  [[nodiscard]] options subject() const {
    const auto& c = GetParam().subject;
    auto opt = c.is_client() ? c.both().client_options() : c.both().server_options();
    if (GetParam().mac_of_sha1) opt.ciphers = "ECDHE-ECDSA-AES128-SHA,ECDHE-RSA-AES128-SHA";
    if (c.is_client()) {
      opt.cert = pem::text(client.cert);
      opt.key = pem::text(client.key);
    } else {
      opt.ca = pem::text(root.cert);
      opt.verify_client = true;
    }
    return opt;
  }

  [[nodiscard]] raw_options peer() const {
    raw_options raw{.max_version = tls1_2_wire, .servername = "localhost"};
    if (!GetParam().subject.is_client()) {
      raw.cert_pem = client.cert;
      raw.key_pem = client.key;
    }
    return raw;
  }

  made_certificate root = make_certificate({.common_name = "root", .names = "", .authority = true});
  made_certificate client = make_certificate({.key = GetParam().key, .common_name = "signer"}, &root);
};

TEST_P(matrix_weak_signature, a_certificate_is_shown_to_a_server_that_takes_sha256) {
  if (!GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.require_certificate = true;
  raw.client_signatures = "RSA+SHA1:ECDSA+SHA1:RSA+SHA256:ECDSA+SHA256";
  raw_link link(role::client, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.peer.peer_common_name(), "signer");
}

TEST_P(matrix_weak_signature, no_certificate_is_shown_to_a_server_that_takes_nothing_but_sha1) {
  if (!GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.ask_certificate = true;
  raw.client_signatures = sha1;
  raw_link link(role::client, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.peer.peer_common_name(), "");
}

TEST_P(matrix_weak_signature, so_a_server_that_insists_refuses) {
  if (!GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.require_certificate = true;
  raw.client_signatures = sha1;
  raw_link link(role::client, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  (void)drive(a, b);
  EXPECT_TRUE(a.stopped() && b.stopped()) << a.story() << "; " << b.story();
  EXPECT_TRUE(
      is_error(a.failure, errc::alert_received, "handshake failed: alert received: handshake_failure"));
}

TEST_P(matrix_weak_signature, no_certificate_is_shown_to_a_server_that_takes_no_key_of_its_kind) {
  if (!GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.ask_certificate = true;
  raw.client_signatures = GetParam().key == "P-256" ? "RSA+SHA256" : "ECDSA+SHA256";
  raw_link link(role::client, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.peer.peer_common_name(), "");
}

// On libssl SHA-1 is not offered, so that the client shows nothing.
TEST_P(matrix_weak_signature, a_client_that_signs_with_sha1_is_refused) {
  if (GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.client_signatures = sha1;
  raw_link link(role::server, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake().recv(1);
  b.handshake().send(to_bytes("x"));
  (void)drive(a, b);
  EXPECT_TRUE(a.stopped());
  EXPECT_TRUE(is_error(a.failure, errc::certificate_missing) || is_error(a.failure, errc::protocol))
      << a.story();
  EXPECT_EQ(a.at, "handshake");
}

TEST_P(matrix_weak_signature, a_client_that_signs_with_sha256_is_taken) {
  if (GetParam().subject.is_client()) return;
  auto raw = peer();
  raw.client_signatures = "RSA+SHA256:ECDSA+SHA256";
  raw_link link(role::server, subject(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.end.info().peer.common_name, "signer");
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_weak_signature, ::testing::ValuesIn(signature_cases()),
                         name_of_case);

}  // namespace
}  // namespace stls::test
