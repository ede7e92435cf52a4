#include "base/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace stls {
namespace {

using words = std::vector<std::string_view>;

TEST(text, cat_joins) {
  EXPECT_EQ(cat({}), "");
  EXPECT_EQ(cat({"a", "", "bc", std::string("d")}), "abcd");
}

TEST(text, in_quotes_escapes_what_could_mislead) {
  EXPECT_EQ(in_quotes(""), "''");
  EXPECT_EQ(in_quotes("two words"), "'two words'");
  EXPECT_EQ(in_quotes("it's"), R"('it\x27s')");
  EXPECT_EQ(in_quotes(R"(a\b"c)"), R"('a\x5Cb"c')");
  EXPECT_EQ(in_quotes(std::string_view("a\0b\n\x1b[31m\x7f\xff", 11)), R"('a\x00b\x0A\x1B[31m\x7F\xFF')");
  EXPECT_EQ(in_quotes("b\xC3\xBC"), R"('b\xC3\xBC')");
}

TEST(text, in_quotes_has_a_limit_and_escaped_has_none) {
  const std::string limit(100, 'x');
  EXPECT_EQ(in_quotes(limit), "'" + limit + "'");
  EXPECT_EQ(in_quotes(limit + "y"), "'" + limit + "'...");
  EXPECT_EQ(escaped(limit + "y'"), limit + R"(y\x27)");
  EXPECT_EQ(escaped(""), "");
}

TEST(text, split_drops_empty_items) {
  EXPECT_EQ(split("a,b:c d", ",: "), (words{"a", "b", "c", "d"}));
  EXPECT_EQ(split(" , a,,  b ,", ", "), (words{"a", "b"}));
  EXPECT_EQ(split("a b,c", ","), (words{"a b", "c"}));
  EXPECT_EQ(split("", ","), words{});
  EXPECT_EQ(split(",,,", ","), words{});
  EXPECT_EQ(split("a,b", ""), words{"a,b"});
}

TEST(text, words_are_compared_and_lowered_in_ascii_only) {
  EXPECT_TRUE(same_word("TLSv1.2", "tlsV1.2"));
  EXPECT_TRUE(same_word("", ""));
  EXPECT_FALSE(same_word("a", "ab"));
  EXPECT_FALSE(same_word("[", "{"));
  EXPECT_FALSE(same_word("\xC4", "\xE4"));
  EXPECT_EQ(lower_case("AZaz@[`{\xC4"), "azaz@[`{\xC4");
}

TEST(text, nearest_finds_slips) {
  constexpr std::array<std::string_view, 5> known{"ciphers", "protocols", "ca", "key", "tlsv1.3"};
  EXPECT_EQ(nearest("cipher", known), "ciphers");
  EXPECT_EQ(nearest("Ciphres", known), "ciphers");
  EXPECT_EQ(nearest("protcols", known), "protocols");
  EXPECT_EQ(nearest("tlsv1.4", known), "tlsv1.3");
  EXPECT_EQ(nearest("keys", known), "key");
  EXPECT_EQ(nearest("kye", known), "key");  // swapped letters are one slip
  EXPECT_EQ(nearest("key2", known), "key");
  EXPECT_EQ(nearest("yke", known), "");
  EXPECT_EQ(nearest("verify", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(nearest(std::string(1000000, 'c'), known), "");
  EXPECT_EQ(nearest("ciphers", {}), "");
}

}  // namespace
}  // namespace stls
