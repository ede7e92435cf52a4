#include "x509/path_candidate.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace stls::x509 {
namespace {

bool fit(signature_kind kind, const std::optional<public_key>& key) {
  path_candidate issuer;
  path_candidate subject;
  issuer.key = key;
  subject.signed_with.kind = kind;
  return could_have_issued(issuer, subject);
}

TEST(path_candidate, signs_with_its_own_kind_of_key) {
  const std::vector<public_key> keys = {
      rsa_key{}, rsa_key{{}, {}, 2048, true}, ec_key{}, ed25519_key{}, ed448_key{}, unknown_key{}};
  const auto fitting = [&](signature_kind kind) {
    std::vector<bool> fits;
    for (const auto& key : keys) fits.push_back(fit(kind, key));
    return fits;
  };
  using answers = std::vector<bool>;
  EXPECT_EQ(fitting(signature_kind::rsa_pkcs1), (answers{true, false, false, false, false, false}));
  EXPECT_EQ(fitting(signature_kind::rsa_pss), (answers{true, true, false, false, false, false}));
  EXPECT_EQ(fitting(signature_kind::ecdsa), (answers{false, false, true, false, false, false}));
  EXPECT_EQ(fitting(signature_kind::ed25519), (answers{false, false, false, true, false, false}));
  EXPECT_EQ(fitting(signature_kind::ed448), (answers{false, false, false, false, true, false}));
  EXPECT_EQ(fitting(signature_kind::unknown), (answers{false, false, false, false, false, false}));
  EXPECT_FALSE(fit(signature_kind::rsa_pkcs1, std::nullopt));
}

TEST(path_candidate, that_is_malformed_issued_nothing) {
  path_candidate issuer;
  issuer.key = ec_key{};
  path_candidate subject;
  subject.signed_with.kind = signature_kind::ecdsa;
  EXPECT_TRUE(could_have_issued(issuer, subject));
  issuer.well_formed = false;
  EXPECT_FALSE(could_have_issued(issuer, subject));
}

// A root is trusted without its signature, so that may be of any algorithm.
TEST(path_candidate, is_self_signed_by_its_names_and_identifiers) {
  path_candidate c;
  c.subject = c.issuer = "name";
  c.key = ec_key{};
  EXPECT_TRUE(c.self_signed());
  c.signed_with.kind = signature_kind::rsa_pkcs1;
  EXPECT_FALSE(c.self_signed());
  c.signed_with.kind = signature_kind::ecdsa;
  EXPECT_TRUE(c.self_signed());
  c.issuer = "other";
  EXPECT_FALSE(c.self_signed());
}

}  // namespace
}  // namespace stls::x509
