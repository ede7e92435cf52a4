#include "x509/refusal.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/expect.hpp"

namespace stls::x509 {
namespace {

using test::has_style;
using test::is_error;

TEST(refusal, each_has_a_sentence_and_an_alert) {
  std::set<std::string> sentences;
  for (int i = 0; i <= static_cast<int>(refusal::other); ++i) {
    const auto why = static_cast<refusal>(i);
    const error e = refused(why, "detail " + std::to_string(i));
    EXPECT_TRUE(has_style(e));
    EXPECT_TRUE(e.code);
    EXPECT_GE(e.alert, 42);
    EXPECT_LE(e.alert, 48);
    EXPECT_TRUE(sentences.insert(e.message).second) << e.message;
  }
}

TEST(refusal, tells_the_detail_after_what_is_the_same_everywhere) {
  EXPECT_TRUE(is_error(refused(refusal::expired), errc::certificate_expired,
                       "certificate verification failed: certificate has expired"));
  EXPECT_TRUE(is_error(refused(refusal::malformed, "not a certificate: malformed DER"),
                       errc::certificate_untrusted,
                       "certificate verification failed: not a certificate: malformed DER"));
  EXPECT_TRUE(is_error(refused(refusal::crl_unusable, "for a reason"), errc::revocation_unknown,
                       "certificate verification failed: unusable CRL: for a reason"));
  EXPECT_TRUE(is_error(refused(refusal::name_mismatch, "name `x' not present in server certificate"),
                       errc::certificate_name_mismatch, "name `x' not present in server certificate"));
}

}  // namespace
}  // namespace stls::x509
