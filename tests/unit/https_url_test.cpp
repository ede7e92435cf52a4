// URLs as https_get of examples/https reads them.
#include "https/https_url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace {

TEST(https_url, is_a_host_a_port_and_a_target) {
  const https_url plain("https://Example.org");
  EXPECT_EQ(plain.host(), "Example.org");
  EXPECT_EQ(plain.port(), 443);
  EXPECT_EQ(plain.target(), "/");
  EXPECT_EQ(plain.authority(), "Example.org");
  const https_url full("HTTPS://[::1]:8443/a/./b/../c?d=e#f");
  EXPECT_EQ(full.host(), "::1");
  EXPECT_EQ(full.port(), 8443);
  EXPECT_EQ(full.target(), "/a/c?d=e");
  EXPECT_EQ(full.authority(), "[::1]:8443");
  EXPECT_EQ(https_url("https://a?b").target(), "/?b");
  EXPECT_EQ(https_url("https://a/../../b").target(), "/b");
}

TEST(https_url, is_nothing_else) {
  for (const char* bad : {"",
                          "a",
                          "/a",
                          "https:/a",
                          "http://a/",
                          "ftp://a/",
                          "https://",
                          "https:///a",
                          "https://u@a/",
                          "https://u:p@a/",
                          "https://a:/",
                          "https://a:0/",
                          "https://a:65536/",
                          "https://a:1x/",
                          "https://[::1/",
                          "https://[::1]1/",
                          "https://a b/",
                          "https://a/b c",
                          "https://a/\r\nHost: b",
                          "https://a\r\n/",
                          "https://a/\xc3\xa4"})
    EXPECT_THROW(https_url url(bad), std::runtime_error) << bad;
}

TEST(https_url, knows_where_a_redirection_leads) {
  const https_url from("https://a:4/b/c?d");
  const auto at = [&](const char* reference) { return from.at(reference).text(); };
  EXPECT_EQ(at("x"), "https://a:4/b/x");
  EXPECT_EQ(at("../x"), "https://a:4/x");
  EXPECT_EQ(at("../../../x"), "https://a:4/x");
  EXPECT_EQ(at("."), "https://a:4/b/");
  EXPECT_EQ(at(".."), "https://a:4/");
  EXPECT_EQ(at("/y/"), "https://a:4/y/");
  EXPECT_EQ(at("?q"), "https://a:4/b/c?q");
  EXPECT_EQ(at("#f"), "https://a:4/b/c?d");
  EXPECT_EQ(at(""), "https://a:4/b/c?d");
  EXPECT_EQ(at("//h/z"), "https://h/z");
  EXPECT_EQ(at("https://q"), "https://q/");
  EXPECT_EQ(at("/a:b"), "https://a:4/a:b");
  for (const char* out : {"http://a/", "file:///etc/passwd", "javascript:x", "x:y", "/\r\nA: b", "//u@a/"})
    EXPECT_THROW(static_cast<void>(from.at(out)), std::runtime_error) << out;
}

TEST(https_url, shows_nothing_of_a_server_that_a_terminal_would_obey) {
  try {
    const https_url url("http://\x1b[31m\n");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "`http://?[31m?' is not https");
  }
}

}  // namespace
