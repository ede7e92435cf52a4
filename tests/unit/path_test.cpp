// What verify_path makes of chains, and that OpenSSL says the same of each, but where it is said not to.
#include "x509/path.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cctype>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/path_certificates.hpp"
#include "support/path_trial.hpp"

namespace stls::x509 {
namespace {

using test::judge;
using test::path_certificate;
using test::path_trial;
using test::system_time;

using names = std::vector<std::string>;

// What OpenSSL says of it.
enum class openssl { agrees, accepts, refuses, differs_by_version };

struct trial {
  std::string name;
  names sent;
  names anchors = {"root"};
  std::string refusal{};  // after `certificate verification failed: `; empty: good
  openssl says = openssl::agrees;
  purpose of = purpose::server_auth;
  int depth = 6;
  bool timeless = false;

  [[nodiscard]] path_trial as_question() const {
    path_trial question;
    for (const auto& one : sent) question.sent.push_back(path_certificate(one));
    for (const auto& one : anchors) question.anchors.push_back(path_certificate(one));
    question.rules = {of, depth, std::nullopt};
    if (!timeless) question.rules.at = system_time();
    return question;
  }
};
void PrintTo(const trial& t, std::ostream* out) { *out << t.name; }

const std::string no_issuer = "unable to get local issuer certificate";
const std::string no_authority = "invalid CA certificate";
const std::string too_long = "certificate chain too long";
const std::string path_too_long = "path length constraint exceeded";
const std::string wrong_purpose = "unsuitable certificate purpose";
const std::string weak_key = "certificate key too weak";
const std::string weak_signature = "certificate signature algorithm too weak";
const std::string bad_signature = "certificate signature failure";
const std::string has_expired = "certificate has expired";
const std::string too_early = "certificate is not yet valid";
const std::string unknown_extension = "unhandled critical extension";
const std::string not_permitted = "name not permitted by its issuer";
const std::string other = "certificate cannot be verified: ";

// below is the trial of a leaf `of-NAME` below the CA or root NAME.
trial below(const std::string& ca, const std::string& refusal = {}) {
  const bool root = ca.starts_with("root");
  return {.name = ca,
          .sent = root ? names{"of-" + ca} : names{"of-" + ca, ca},
          .anchors = root ? names{ca} : names{"root"},
          .refusal = refusal};
}
trial alone(const std::string& leaf, const std::string& refusal = {}) {
  return {.name = leaf, .sent = {leaf}, .refusal = refusal};
}

std::vector<trial> of_searching() {
  return {
      alone("plain"),
      below("ca"),
      {.name = "any order", .sent = {"of-ca", "root2", "ca-of-root2", "client", "root", "ca"}},
      {.name = "everything twice", .sent = {"of-ca", "of-ca", "ca", "ca", "root", "root"}},
      {.name = "no intermediate", .sent = {"of-ca"}, .refusal = no_issuer},
      {.name = "nobody trusted", .sent = {"of-ca", "ca"}, .anchors = {}, .refusal = no_issuer},
      {.name = "another root", .sent = {"of-ca", "ca"}, .anchors = {"root2"}, .refusal = no_issuer},
      {.name = "another root which comes along",
       .sent = {"of-ca", "ca", "root"},
       .anchors = {"root2"},
       .refusal = "self-signed certificate in certificate chain"},
      {.name = "self signed", .sent = {"self-signed"}, .refusal = "self-signed certificate"},
      {.name = "self signed and called as a trusted one",
       .sent = {"self-signed-twin"},
       .anchors = {"self-signed"},
       .refusal = "self-signed certificate"},
      {.name = "self signed and trusted", .sent = {"self-signed"}, .anchors = {"self-signed"}},
      {.name = "self signed and trusted of two", .sent = {"self-signed"}, .anchors = {"root", "self-signed"}},
      {.name = "trusted leaf without its root",
       .sent = {"plain"},
       .anchors = {"plain"},
       .refusal = no_issuer},
      {.name = "intermediate among the trusted", .sent = {"of-ca"}, .anchors = {"ca", "root"}},
      {.name = "intermediate trusted without its root",
       .sent = {"of-ca", "ca"},
       .anchors = {"ca"},
       .refusal = no_issuer},
      {.name = "nothing sent above a trusted one",
       .sent = {"of-middle", "middle", "top"},
       .anchors = {"middle", "root"},
       .refusal = no_issuer},
      {.name = "crossed to the one", .sent = {"of-cross", "cross-of-root", "cross-of-root2"}},
      {.name = "crossed to the other",
       .sent = {"of-cross", "cross-of-root", "cross-of-root2"},
       .anchors = {"root2"},
       .says = openssl::refuses},
      {.name = "judged by the one that is valid now",
       .sent = {"early-of-cross", "cross-expired", "cross-of-root"},
       .refusal = too_early},
      {.name = "forged and genuine",
       .sent = {"of-cross", "cross-of-root2", "cross-of-root"},
       .anchors = {"root"},
       .says = openssl::refuses},
      {.name = "loop", .sent = {"of-loop", "loop-a", "loop-b", "loop-a"}, .refusal = no_issuer},
      {.name = "depth 0", .sent = {"plain"}, .depth = 0},
      {.name = "deeper than 0", .sent = {"of-ca", "ca"}, .refusal = too_long, .depth = 0},
      {.name = "depth 2", .sent = {"of-middle", "middle", "top"}, .depth = 2},
      {.name = "deeper than 1", .sent = {"of-middle", "middle", "top"}, .refusal = too_long, .depth = 1},
      alone("no-key-id"),
      alone("other-key-id", no_issuer),
      alone("other-serial", no_issuer),
      alone("issuers-issuer"),
      alone("other-issuers-issuer", no_issuer),
      {.name = "bad usage",
       .sent = {"bad-usage"},
       .refusal = other + "malformed extension",
       .says = openssl::refuses},
      below("ca-bad-constraints", no_issuer),
  };
}

std::vector<trial> of_authorities() {
  return {
      below("ca-no-constraints", no_authority),
      below("ca-false", no_authority),
      below("ca-no-sign", no_authority),
      below("ca-no-usage"),
      below("ca-v1", no_authority),
      {.name = "of a leaf", .sent = {"of-leaf", "plain"}, .refusal = no_authority},
      below("root-no-constraints"),
      below("root-nothing", no_authority),
      below("root-v1"),
      {.name = "path length", .sent = {"of-middle", "middle", "top"}},
      {.name = "path length exceeded",
       .sent = {"of-bottom", "bottom", "middle", "top"},
       .refusal = path_too_long},
      {.name = "path length with one renewed",
       .sent = {"of-middle-renewed", "middle-renewed", "middle", "top"}},
      {.name = "path length exceeded with one renewed",
       .sent = {"of-bottom-of-renewed", "bottom-of-renewed", "middle-renewed", "middle", "top"},
       .refusal = path_too_long},
      below("ca-unknown", unknown_extension),
      below("ca-critical-key-id", unknown_extension),
      alone("unknown"),
      alone("unknown-critical", unknown_extension),
      alone("proxy", other + "proxy certificates not allowed, please set the appropriate flag"),
      alone("length-without-ca"),
  };
}

std::vector<trial> of_purposes() {
  std::vector<trial> all = {
      alone("client", wrong_purpose),
      alone("no-usages"),
      alone("any-usage", wrong_purpose),
      alone("signs-certificates-only", wrong_purpose),
      alone("enciphers-only"),
      alone("old-server"),
      alone("old-server-critical"),
      alone("old-client", wrong_purpose),
      below("ca-for-mail", wrong_purpose),
      below("ca-for-clients", wrong_purpose),
      below("ca-any-usage", wrong_purpose),
      below("root-for-mail", wrong_purpose),
  };
  for (const auto& [name, refusal] :
       std::map<std::string, std::string>{{"client", {}},
                                          {"plain", wrong_purpose},
                                          {"no-usages", {}},
                                          {"enciphers-only-client", wrong_purpose}}) {
    all.push_back(
        {.name = name + " as a client", .sent = {name}, .refusal = refusal, .of = purpose::client_auth});
  }
  return all;
}

std::vector<trial> of_times() {
  return {
      alone("expired", has_expired),
      alone("early", too_early),
      below("ca-expired", has_expired),
      below("ca-early", too_early),
      below("root-expired", has_expired),
      {.name = "expired and nobody asks", .sent = {"expired"}, .timeless = true},
      {.name = "early and nobody asks", .sent = {"early"}, .timeless = true},
      {.name = "root expired and nobody asks",
       .sent = {"of-root-expired"},
       .anchors = {"root-expired"},
       .timeless = true},
  };
}

std::vector<trial> of_strength() {
  return {
      below("root-p384"),
      below("root-p521"),
      below("root-rsa"),
      below("root-ed25519"),
      below("root-sha1"),
      below("ca-sha1", weak_signature),
      below("ca-weak-rsa", weak_key),
      {.name = "ca-md5", .sent = {"of-ca-md5", "ca-md5"}, .anchors = {"root-rsa"}, .refusal = weak_signature},
      {.name = "md5", .sent = {"md5"}, .anchors = {"root-rsa"}, .refusal = weak_signature},
      alone("sha1", weak_signature),
      alone("sha224"),
      alone("weak-rsa", weak_key),
      alone("weak-ec", weak_key),
      alone("p224"),
      {.name = "pss", .sent = {"pss"}, .anchors = {"root-rsa"}},
      alone("forged", bad_signature),
      below("ca-forged", bad_signature),
  };
}

std::vector<trial> of_names() {
  return {
      below("ca-own-names"),
      below("ca-own-tree"),
      below("ca-other-tree", not_permitted),
      below("ca-other-names", not_permitted),
      below("ca-not-this-name", not_permitted),
      below("ca-other-ips", not_permitted),
      below("ca-not-this-ip", not_permitted),
      {.name = "broken mask",
       .sent = {"of-ca-broken-mask", "ca-broken-mask"},
       .refusal = other + "unsupported or invalid name syntax",
       .says = openssl::accepts},
      below("ca-with-maximum", other + "name constraints minimum and maximum not supported"),
      below("ca-rid"),
      below("root-limited", not_permitted),
      {.name = "renewed below its own constraints", .sent = {"of-ca-renewed", "ca-renewed", "ca-renewing"}},
      {.name = "allowed by one and not the other",
       .sent = {"of-ca-allowing", "ca-allowing", "ca-other-names"},
       .refusal = not_permitted},
      {.name = "two above", .sent = {"of-ca-below", "ca-below", "ca-other-names"}, .refusal = not_permitted},
      {.name = "mail", .sent = {"mail", "ca-other-mail"}, .refusal = not_permitted},
      {.name = "good mail", .sent = {"good-mail", "ca-other-mail"}},
      {.name = "name in CN",
       .sent = {"name-in-cn", "ca-other-names"},
       .refusal = not_permitted,
       .says = openssl::differs_by_version},
      {.name = "wildcard over an excluded name",
       .sent = {"wildcard", "ca-not-www"},
       .refusal = not_permitted,
       .says = openssl::accepts},
  };
}

std::vector<trial> all_trials() {
  std::vector<trial> all;
  for (const auto& group :
       {of_searching(), of_authorities(), of_purposes(), of_times(), of_strength(), of_names()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

class verify_path_of : public ::testing::TestWithParam<trial> {};

TEST_P(verify_path_of, gets_its_verdict) {
  const trial& asked = GetParam();
  const auto found = judge(asked.as_question());
  if (asked.refusal.empty()) {
    ASSERT_TRUE(test::succeeded(found));
    EXPECT_EQ(found->front(), path_certificate(asked.sent.front()));
    return;
  }
  ASSERT_FALSE(found) << "it was accepted";
  EXPECT_EQ(found.error().message, "certificate verification failed: " + asked.refusal);
  EXPECT_GT(found.error().alert, 0);
}

#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
TEST_P(verify_path_of, is_what_openssl_says) {
  const trial& asked = GetParam();
  const auto ours = judge(asked.as_question());
  const std::string theirs = test::refusal_for(test::libcrypto_code(asked.as_question()));
  switch (asked.says) {
    case openssl::agrees:
      EXPECT_EQ(ours ? "" : ours.error().message, theirs);
      break;
    case openssl::accepts:
      EXPECT_EQ(theirs, "");
      EXPECT_FALSE(ours);
      break;
    case openssl::refuses:
      EXPECT_NE(theirs, "");
      EXPECT_NE(ours ? "" : ours.error().message, theirs);
      break;
    case openssl::differs_by_version:
      break;
  }
}
#endif

INSTANTIATE_TEST_SUITE_P(chains, verify_path_of, ::testing::ValuesIn(all_trials()), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace stls::x509
