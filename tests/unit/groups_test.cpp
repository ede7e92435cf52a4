#include "config/groups.hpp"

#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

using names = std::vector<std::string_view>;

names parsed(std::string_view curve, std::string_view curves) {
  const auto list = parse_groups(curve, curves);
  EXPECT_TRUE(succeeded(list));
  return list ? list->names : names();
}

TEST(groups, each_name_has_one_canonical_form) {
  EXPECT_EQ(canonical_group("x25519"), "X25519");
  EXPECT_EQ(canonical_group("prime256v1"), "P-256");
  EXPECT_EQ(canonical_group("SECP256R1"), "P-256");
  EXPECT_EQ(canonical_group("secp384r1"), "P-384");
  EXPECT_EQ(canonical_group("x448"), "X448");
  EXPECT_EQ(canonical_group("x25519mlkem768"), "X25519MLKEM768");
  EXPECT_EQ(canonical_group("secp256r1mlkem768"), "SecP256r1MLKEM768");
  EXPECT_EQ(canonical_group("secp384r1mlkem1024"), "SecP384r1MLKEM1024");
  EXPECT_EQ(canonical_group("ffdhe2048"), "");
}

TEST(groups, lists_keep_their_order_and_no_name_twice) {
  EXPECT_EQ(parsed("", "P-521:X448,secp521r1 X25519"), (names{"P-521", "X448", "X25519"}));
  EXPECT_EQ(parsed("X448", ""), names{"X448"});
  EXPECT_EQ(parsed("none", ""), names());
  EXPECT_EQ(parsed("auto", ""), parsed("", ""));
  EXPECT_EQ(parsed("", "").front(), "X25519MLKEM768");
}

TEST(groups, nonsense_is_refused) {
  EXPECT_TRUE(is_error(parse_groups("X25519", "P-256"), errc::bad_config,
                       "ecdhecurve, ecdhecurves: both given; the list alone is enough"));
  const auto misspelt = parse_groups("", "X25591");
  ASSERT_TRUE(is_error(misspelt, errc::bad_config));
  EXPECT_NE(misspelt.error().message.find("ecdhecurves: unknown word 'X25591' (did you mean 'X25519'?)"),
            std::string::npos)
      << misspelt.error().message;
}

}  // namespace
}  // namespace stls::test
