#include "config/versions.hpp"

#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace stls::test {
namespace {

std::string parsed(std::string_view words) {
  const auto set = parse_versions(words);
  return set ? to_string(*set) : "error: " + set.error().message;
}

TEST(versions, the_default_is_1_2_and_1_3) {
  EXPECT_EQ(parsed(""), "tlsv1.2,tlsv1.3");
  for (const char* word : {"all", "secure", "default", "legacy", "tlsv1", "ALL"}) {
    EXPECT_EQ(parsed(word), "tlsv1.2,tlsv1.3") << word;
  }
}

TEST(versions, words_add_and_take_away_as_in_libtls) {
  EXPECT_EQ(parsed("tlsv1.2"), "tlsv1.2");
  EXPECT_EQ(parsed("tlsv1.3 , TLSv1.2"), "tlsv1.2,tlsv1.3");
  EXPECT_EQ(parsed("!tlsv1.2"), "tlsv1.3");
  EXPECT_EQ(parsed("all:!tlsv1.3"), "tlsv1.2");
  EXPECT_EQ(parsed("all:!tlsv1.1"), "tlsv1.2,tlsv1.3");
}

TEST(versions, old_ones_stand_alone) {
  EXPECT_EQ(parsed("tlsv1.0"), "tlsv1.0");
  EXPECT_EQ(parsed("tlsv1.1"), "tlsv1.1");
  EXPECT_EQ(parsed("tlsv1.1,tlsv1.0"), "tlsv1.0,tlsv1.1");
  EXPECT_EQ(parsed("tlsv1.1,tlsv1.2"),
            "error: protocols: 'tlsv1.1,tlsv1.2' mixes old and new versions; tlsv1.0 and tlsv1.1 need a "
            "config of their own");
  EXPECT_EQ(parsed("tlsv1.0:tlsv1.1:all"),
            "error: protocols: 'tlsv1.0:tlsv1.1:all' mixes old and new versions; "
            "tlsv1.0 and tlsv1.1 need a config of their own");
}

TEST(versions, a_hole_is_refused) {
  for (const char* words :
       {"tlsv1.0:tlsv1.2", "tlsv1.1:tlsv1.3", "tlsv1.0,tlsv1.3", "tlsv1.0 tlsv1.2 tlsv1.3"}) {
    EXPECT_EQ(parsed(words),
              "error: protocols: '" + std::string(words) + "' has a hole; versions must follow one another");
  }
}

TEST(versions, nonsense_is_refused) {
  EXPECT_TRUE(is_error(parse_versions("all:!all"), errc::bad_config,
                       "protocols: 'all:!all' leaves no version; name tlsv1.2, tlsv1.3 or both"));
  EXPECT_TRUE(is_error(parse_versions("tlsv1.4"), errc::bad_config));
  EXPECT_NE(parsed("tslv1.3").find("did you mean 'tlsv1.3'?"), std::string::npos) << parsed("tslv1.3");
}

}  // namespace
}  // namespace stls::test
