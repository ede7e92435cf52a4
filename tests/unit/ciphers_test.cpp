#include "config/ciphers.hpp"

#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

using names = std::vector<std::string_view>;

constexpr std::string_view tls13_default =
    "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256";

cipher_choice parsed(std::string_view value, const version_set& versions = {}) {
  auto choice = parse_ciphers(value, versions);
  EXPECT_TRUE(succeeded(choice)) << value;
  return choice ? *choice : cipher_choice();
}

std::string joined(const cipher_list& list) {
  std::string text;
  for (const auto* suite : list) text.append(text.empty() ? "" : ",").append(suite->openssl_name);
  return text;
}

std::string refusal(std::string_view value) {
  const auto choice = parse_ciphers(value, {});
  EXPECT_TRUE(is_error(choice, errc::bad_config)) << value;
  return choice ? std::string() : choice.error().message;
}

bool holds(const cipher_list& list, std::string_view name) {
  return std::find(list.begin(), list.end(), find_cipher(name)) != list.end();
}

TEST(ciphers, the_table_has_each_name_once) {
  std::set<std::string_view> seen;
  for (const auto* suite : all_ciphers()) {
    EXPECT_TRUE(seen.insert(suite->name).second) << suite->name;
    if (!suite->tls1_3()) {
      EXPECT_TRUE(seen.insert(suite->openssl_name).second) << suite->openssl_name;
    }
    EXPECT_EQ(suite->name.find("_CBC_") == std::string_view::npos, suite->aead);
  }
}

TEST(ciphers, each_word_holds_more_than_the_one_before) {
  const auto secure = parsed("").suites;
  const auto compat = parsed("compat").suites;
  const auto legacy = parsed("legacy").suites;
  const auto insecure = parsed("insecure").suites;
  EXPECT_EQ(secure, parsed("secure").suites);
  EXPECT_EQ(secure, parsed("Default").suites);
  EXPECT_EQ(insecure, parsed("ALL").suites);
  EXPECT_TRUE(secure.size() < compat.size() && compat.size() < legacy.size() &&
              legacy.size() < insecure.size());
  for (const auto* suite : secure) {
    EXPECT_TRUE(suite->aead) << suite->name;
    EXPECT_NE(suite->exchange, key_exchange::rsa) << suite->name;
  }
  EXPECT_FALSE(holds(secure, "AES128-SHA"));
  EXPECT_TRUE(holds(compat, "AES128-SHA"));
  EXPECT_FALSE(holds(compat, "CAMELLIA128-SHA"));
  EXPECT_TRUE(holds(legacy, "CAMELLIA128-SHA"));
  EXPECT_FALSE(holds(legacy, "ECDHE-ECDSA-AES128-CCM8"));
  EXPECT_TRUE(holds(insecure, "ECDHE-ECDSA-AES128-CCM8"));
}

TEST(ciphers, for_old_versions_secure_is_the_best_there_is) {
  const version_set old{.tls1_2 = false, .tls1_3 = false, .tls1_0 = true};
  cipher_list usable;
  for (const auto* suite : parsed("", old).suites) {
    if (suite->usable_in(old)) usable.push_back(suite);
  }
  EXPECT_EQ(joined(usable),
            "ECDHE-ECDSA-AES128-SHA,ECDHE-RSA-AES128-SHA,ECDHE-ECDSA-AES256-SHA,ECDHE-RSA-AES256-SHA,"
            "DHE-RSA-AES128-SHA,DHE-RSA-AES256-SHA");
}

TEST(ciphers, names_in_both_spellings_and_any_case) {
  const auto choice =
      parsed("ecdhe-rsa-aes256-gcm-sha384:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, AES128-SHA  aes128-sha");
  EXPECT_EQ(choice.how, cipher_choice::kind::names);
  EXPECT_EQ(joined(choice.suites), std::string(tls13_default) +
                                       ",ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-AES128-GCM-SHA256,AES128-SHA");
  EXPECT_FALSE(choice.names_1_3);
}

TEST(ciphers, names_of_1_3_replace_its_default) {
  const auto choice =
      parsed("TLS_CHACHA20_POLY1305_SHA256,ECDHE-RSA-AES128-GCM-SHA256,tls_aes_128_gcm_sha256");
  EXPECT_TRUE(choice.names_1_3);
  EXPECT_EQ(joined(choice.suites),
            "TLS_CHACHA20_POLY1305_SHA256,ECDHE-RSA-AES128-GCM-SHA256,TLS_AES_128_GCM_SHA256");
}

TEST(ciphers, a_misspelt_name_is_answered_with_the_nearest) {
  EXPECT_NE(refusal("ECDHE-RSA-AES128-GMC-SHA256").find("(did you mean 'ECDHE-RSA-AES128-GCM-SHA256'?)"),
            std::string::npos);
  EXPECT_NE(refusal("TLS_AES_128_GCM_SHA265").find("(did you mean 'TLS_AES_128_GCM_SHA256'?)"),
            std::string::npos);
  EXPECT_NE(refusal("sekure").find("(did you mean 'secure'?)"), std::string::npos);
  EXPECT_EQ(refusal("AES128-SHA,compat"), "ciphers: the word 'compat' stands alone");
}

TEST(ciphers, expressions_are_recognised_and_put_into_the_spelling_of_openssl) {
  const auto choice = parsed("ecdhe+aesgcm:!anull:TLS_RSA_WITH_AES_128_CBC_SHA:-DES-CBC3-SHA:@strength");
  EXPECT_EQ(choice.how, cipher_choice::kind::expression);
  EXPECT_EQ(choice.expression, "ECDHE+AESGCM:!aNULL:AES128-SHA:-DES-CBC3-SHA:@STRENGTH");
  EXPECT_EQ(joined(choice.suites), tls13_default);
  for (const char* value :
       {"HIGH", "kRSA", "!MD5", "AES128-SHA:HIGH", "ECDHE+AES", "DEFAULT:!RSA", "ALL:!aNULL:!eNULL"}) {
    EXPECT_EQ(parsed(value).how, cipher_choice::kind::expression) << value;
  }
}

TEST(ciphers, expressions_may_name_suites_of_1_3) {
  const auto choice = parsed("TLS_AES_256_GCM_SHA384:HIGH:!aNULL");
  EXPECT_EQ(joined(choice.suites), "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(choice.expression, "HIGH:!aNULL");
  EXPECT_EQ(refusal("HIGH:!TLS_AES_256_GCM_SHA384"),
            "ciphers: '!TLS_AES_256_GCM_SHA384': TLS 1.3's are chosen by naming those wanted");
}

TEST(ciphers, no_list_changes_the_security_level) {
  for (const char* value :
       {"ALL:@SECLEVEL=0", "@SECLEVEL=5:HIGH", "HIGH:@seclevel=1", "AES128-SHA:@SECLEVEL=0"}) {
    EXPECT_NE(refusal(value).find(": a list cannot change the security level"), std::string::npos) << value;
  }
}

TEST(ciphers, what_does_not_authenticate_or_encrypt_is_refused) {
  for (const char* value : {"NULL-SHA256", "ADH-AES128-SHA", "AECDH-AES128-SHA", "TLS_RSA_WITH_NULL_SHA",
                            "aNULL", "HIGH:eNULL", "HIGH:ADH-AES128-SHA", "ALL:COMPLEMENTOFALL",
                            "ECDHE+aNULL", "TLS_DH_anon_WITH_AES_128_CBC_SHA", "ECDHE-RSA-NULL-SHA"}) {
    EXPECT_NE(refusal(value).find("so it is never used"), std::string::npos) << value;
  }
  EXPECT_EQ(parsed("HIGH:!aNULL:-eNULL:+NULL").expression, "HIGH:!aNULL:-eNULL:+NULL");
}

TEST(ciphers, what_openssl_would_pass_over_is_refused) {
  EXPECT_NE(refusal("ECDHE+AESGMC").find("(did you mean 'AESGCM'?)"), std::string::npos);
  EXPECT_EQ(refusal("ECDHE+:HIGH"), "ciphers: 'ECDHE+': a word is missing");
  EXPECT_EQ(refusal("HIGH:!"), "ciphers: '!': a word is missing");
  EXPECT_EQ(refusal("HIGH:DEFAULT"), "ciphers: 'DEFAULT' can only stand at the beginning");
}

}  // namespace
}  // namespace stls::test
