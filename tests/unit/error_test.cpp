#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <stls/error.hpp>
#include <string>

#include "support/expect.hpp"

namespace stls {
namespace {

TEST(error, category_has_a_name_and_a_text_for_each_code) {
  EXPECT_STREQ(category().name(), "stls");
  std::set<std::string> texts;
  for (int code = 1; code <= static_cast<int>(errc::internal); ++code) {
    const std::string text = category().message(code);
    EXPECT_NE(text, "unknown error") << code;
    EXPECT_TRUE(texts.insert(text).second) << text;
    EXPECT_TRUE(test::has_style(error(errc::internal, text)));
  }
  EXPECT_EQ(category().message(0), "unknown error");
  EXPECT_EQ(category().message(static_cast<int>(errc::internal) + 1), "unknown error");
  EXPECT_EQ(category().message(-1), "unknown error");
}

TEST(error, compares_with_codes) {
  const error e(errc::timed_out, "the handshake timed out");
  EXPECT_TRUE(e == errc::timed_out);
  EXPECT_FALSE(e == errc::cancelled);
  EXPECT_TRUE(e.code == errc::timed_out);
  EXPECT_FALSE(e.code == std::errc::timed_out);
  EXPECT_EQ(e.alert, -1);
  EXPECT_FALSE(error().code);
}

TEST(error, is_written_as_its_message) {
  std::ostringstream out;
  out << error(errc::closed, "the connection was closed");
  EXPECT_EQ(out.str(), "the connection was closed");
}

TEST(error, alerts_have_the_names_of_rfc_8446) {
  EXPECT_EQ(alert_name(0), "close_notify");
  EXPECT_EQ(alert_name(42), "bad_certificate");
  EXPECT_EQ(alert_name(48), "unknown_ca");
  EXPECT_EQ(alert_name(70), "protocol_version");
  EXPECT_EQ(alert_name(100), "no_renegotiation");
  EXPECT_EQ(alert_name(116), "certificate_required");
  EXPECT_EQ(alert_name(120), "no_application_protocol");
  for (const int unknown : {-1, 1, 47 + 256, 255}) EXPECT_EQ(alert_name(unknown), "unknown alert") << unknown;
}

}  // namespace
}  // namespace stls
