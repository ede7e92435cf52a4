// What stls makes of whatever certificates a peer shows, on every engine, as client and as server, TLS 1.2
// and 1.3: the table in support/broken_certificates.cpp, shown by a peer of bare libssl that judges nothing.
#include "support/broken_certificates.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace stls::test {
namespace {

struct judgement {
  end_case end;
  certificate_case shown;

  friend void PrintTo(const judgement& j, std::ostream* out) {
    *out << j.end.name() << ' ' << j.shown.name();
  }
};

std::vector<judgement> judgements() {
  std::vector<judgement> all;
  for (const auto& end : end_cases()) {
    for (const auto& shown : certificate_cases()) {
      if (shown.concerns(end.end, end.tls1_3())) all.push_back({end, shown});
    }
  }
  return all;
}

class matrix_broken_certificate : public ::testing::TestWithParam<judgement> {
 protected:
  static options judging() {
    const auto& [end, shown] = GetParam();
    auto opt = end.is_client() ? end.both().client_options() : end.both().server_options();
    opt.ca = pki::file(shown.ca);
    if (!shown.crl.empty()) opt.crl = pki::file(shown.crl);
    opt.verify_depth = shown.verify_depth;
    opt.verify_client = !end.is_client();
    return opt;
  }

  static raw_options showing() {
    const auto& shown = GetParam().shown;
    return {
        .cert_pem = pki::read(pki::path(shown.certificate + ".pem")),
        .key_pem = pki::read(pki::path((shown.key_of.empty() ? shown.certificate : shown.key_of) + ".key"))};
  }
};

TEST_P(matrix_broken_certificate, gets_its_verdict) {
  const auto& [end, shown] = GetParam();
  if (!shown.crl.empty() && !end.engine->capabilities().crl) {
    GTEST_SKIP() << end.engine->name() << " has no revocation lists";
  }
  const auto& [code, sentence, alert] = shown.expected;
  raw_link link(end.end, judging(), showing(), pace::plain, shown.servername);
  const auto greeting = to_bytes("hello");
  actor subject(link.end);
  actor peer(link.peer);
  subject.handshake().send(greeting).recv(greeting.size());
  peer.handshake().recv(greeting.size()).send(greeting);
  ASSERT_EQ(drive(subject, peer), outcome::finished) << subject.story() << "; " << peer.story();

  if (code == errc{}) {
    EXPECT_TRUE(subject.done()) << subject.failure.message;
    EXPECT_TRUE(peer.done()) << peer.failure.message;
    EXPECT_EQ(subject.received, greeting);
    EXPECT_EQ(peer.received, greeting);
    EXPECT_TRUE(link.peer.alerts().empty());
    return;
  }
  EXPECT_EQ(subject.at, "handshake");
  EXPECT_TRUE(is_error(subject.failure, code, sentence));
  EXPECT_EQ(alert_name(subject.failure.alert), alert) << "what stls says that it sent";
  EXPECT_EQ(link.peer.alerts(), std::vector<std::string>{alert}) << "what the peer received";
  EXPECT_TRUE(subject.received.empty());
  EXPECT_TRUE(peer.received.empty());

  // And that stays so, whatever is tried: not a byte more goes out or in.
  const auto writes = link.wire_of(end.end).writes().calls;
  const auto reads = link.wire_of(end.end).reads().calls;
  bytes room(greeting.size());
  for (const auto r : {link.end.send(greeting), link.end.recv(room), link.end.handshake()}) {
    EXPECT_EQ(r, failed);
    EXPECT_TRUE(is_error(link.end.failure(), code, sentence));
  }
  EXPECT_EQ(link.wire_of(end.end).writes().calls, writes);
  EXPECT_EQ(link.wire_of(end.end).reads().calls, reads);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_broken_certificate, ::testing::ValuesIn(judgements()),
                         [](const auto& test) {
                           return test.param.end.name() + "_" + test.param.shown.name();
                         });

// TLS 1.1 needs SHA-1 in the handshake. Certificates are not asked for less because of that.
TEST(matrix_broken_certificate, is_as_weak_in_old_versions) {
  for (const auto& end : end_cases()) {
    if (end.tls1_3() || !end.engine->capabilities().old_versions) continue;
    SCOPED_TRACE(end.name());
    for (const auto& shown : certificate_cases()) {
      const bool weak = shown.certificate.starts_with("of-ca-weak") || shown.certificate == "of-ca-sha1" ||
                        shown.certificate == "sha1" || shown.certificate == "weak-rsa";
      if (!weak) continue;
      SCOPED_TRACE(shown.certificate);
      auto opt = end.is_client() ? end.both().client_options() : end.both().server_options();
      opt.ca = pki::file("ca.pem");
      opt.verify_client = !end.is_client();
      opt.protocols = "tlsv1.1";
      raw_link link(
          end.end, opt,
          {.min_version = tls1_1_wire, .max_version = tls1_1_wire, .certificate = shown.certificate});
      actor subject(link.end);
      actor peer(link.peer);
      subject.handshake();
      peer.handshake();
      EXPECT_EQ(drive(subject, peer), outcome::finished);
      EXPECT_TRUE(is_error(subject.failure, shown.expected.code, shown.expected.sentence));
      EXPECT_EQ(link.peer.alerts(), std::vector<std::string>{shown.expected.alert});
    }
  }
}

// RFC 5246 section 7.4.2: the RSA key exchange of TLS 1.2 asks the key to decipher, and not to sign.
TEST(matrix_broken_certificate, is_good_for_what_its_key_may_do) {
  for (const auto& end : end_cases()) {
    if (!end.is_client() || end.tls1_3() || !end.engine->has_cipher("TLS_RSA_WITH_AES_128_GCM_SHA256"))
      continue;
    SCOPED_TRACE(end.name());
    for (const std::string certificate : {"encipher-only", "sign-only"}) {
      auto opt = end.both().client_options();
      opt.ca = pki::file("ca-rsa.pem");
      opt.ciphers = "AES128-GCM-SHA256";
      raw_link link(end.end, opt, {.certificate = certificate, .ciphers = "AES128-GCM-SHA256:@SECLEVEL=0"});
      actor subject(link.end);
      actor peer(link.peer);
      subject.handshake();
      peer.handshake();
      EXPECT_EQ(drive(subject, peer), outcome::finished);
      if (certificate == "encipher-only") {
        EXPECT_TRUE(subject.done()) << subject.failure.message;
      } else {
        EXPECT_TRUE(is_error(subject.failure, errc::certificate_untrusted,
                             "certificate verification failed: unsuitable certificate purpose"));
        EXPECT_EQ(link.peer.alerts(), std::vector<std::string>{"unsupported_certificate"});
      }
    }
  }
}

}  // namespace
}  // namespace stls::test
