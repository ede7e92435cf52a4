// What examples/https makes of paths, dates, conditions, ranges and names of files.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "https/content_type.hpp"
#include "https/http_conditions.hpp"
#include "https/http_content_range.hpp"
#include "https/http_date.hpp"
#include "https/receive_buffer.hpp"
#include "https/url_path.hpp"

namespace {

using names = std::vector<std::string>;

TEST(url_path, gives_the_names_that_it_leads_through) {
  EXPECT_EQ(*http::path_names("/"), names({""}));
  EXPECT_EQ(*http::path_names("/a"), names({"a"}));
  EXPECT_EQ(*http::path_names("/a/b/"), names({"a", "b", ""}));
  EXPECT_EQ(*http::path_names("/a%20%62/%C3%A4"), names({"a b", "\xc3\xa4"}));
  EXPECT_EQ(*http::path_names("/..a/b..c/..."), names({"..a", "b..c", "..."}));
  EXPECT_EQ(*http::path_names("/%2525"), names({"%25"}));  // decoded once
}

TEST(url_path, leads_nowhere_else) {
  for (const char* bad :
       {"",          "a",       "*",     "/..",  "/../a",  "/a/..",          "/a/../b", "/.",    "/a/./b",
        "/%2e%2e/a", "/%2E./a", "/.%2e", "/%2e", "/a%2fb", "/..%2f..%2fetc", "/%2F",    "/a%00", "/%00",
        "//a",       "/a//b",   "/a//",  "/%",   "/%2",    "/%zz",           "/a%",     "/%-1",  "/% 1"})
    EXPECT_FALSE(http::path_names(bad)) << bad;
}

TEST(http_date, is_written_and_read_in_one_form) {
  const std::chrono::sys_seconds when(std::chrono::seconds(784111777));
  EXPECT_EQ(http::date_text(when), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http::read_date("Sun, 06 Nov 1994 08:49:37 GMT"), when);
  for (const char* bad :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 199x 08:49:37 GMT"})
    EXPECT_FALSE(http::read_date(bad)) << bad;
}

const http::version now{"\"v1\"", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
constexpr const char* at = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";

http::fields header(std::initializer_list<std::pair<const char*, const char*>> lines) {
  http::fields all;
  for (const auto& [name, value] : lines) all.add(name, value);
  return all;
}
int read_status(const http::fields& f) { return http::precondition(f, http::intent::read, &now); }
int change_status(const http::fields& f, const http::version* v) {
  return http::precondition(f, http::intent::change, v);
}

TEST(http_conditions, spare_a_client_what_it_has) {
  EXPECT_EQ(read_status({}), 0);
  for (const char* tags : {"\"v1\"", "*", "W/\"v1\"", "\"a,b\", \"v1\"", "\"\",,\"v1\"", "\"x\" \"v1\""})
    EXPECT_EQ(read_status(header({{"if-none-match", tags}})), 304) << tags;
  for (const char* tags : {"\"v2\"", "v1", "", "\"v1", "W/v1", "\"v1 \"", "x, \"v1\""})
    EXPECT_EQ(read_status(header({{"if-none-match", tags}})), 0) << tags;
  EXPECT_EQ(read_status(header({{"if-modified-since", at}})), 304);
  EXPECT_EQ(read_status(header({{"if-modified-since", before}})), 0);
  EXPECT_EQ(read_status(header({{"if-modified-since", "yesterday"}})), 0);
  // The tag decides where both are there.
  EXPECT_EQ(read_status(header({{"if-none-match", "\"v2\""}, {"if-modified-since", at}})), 0);
}

TEST(http_conditions, keep_a_client_from_what_it_does_not_mean) {
  EXPECT_EQ(read_status(header({{"if-match", "\"v1\""}})), 0);
  EXPECT_EQ(read_status(header({{"if-match", "W/\"v1\""}})), 412);
  EXPECT_EQ(read_status(header({{"if-match", "\"v2\""}})), 412);
  EXPECT_EQ(read_status(header({{"if-unmodified-since", at}})), 0);
  EXPECT_EQ(read_status(header({{"if-unmodified-since", before}})), 412);
  EXPECT_EQ(change_status(header({{"if-none-match", "*"}}), &now), 412);
  EXPECT_EQ(change_status(header({{"if-none-match", "*"}}), nullptr), 0);
  EXPECT_EQ(change_status(header({{"if-match", "*"}}), nullptr), 412);
  EXPECT_EQ(change_status(header({{"if-modified-since", at}}), &now), 0);
}

// range is the part of a file of 100 bytes, as "first+size"; "whole".
std::string range(const char* value, const char* same = nullptr) {
  http::fields f = header({{"range", value}});
  if (same != nullptr) f.add("if-range", same);
  const auto part = http::range_of(f, now, 100);
  return part ? std::to_string(part->first) + "+" + std::to_string(part->size) : "whole";
}

TEST(http_range, gives_the_part_that_is_asked_for) {
  EXPECT_EQ(range("bytes=0-0"), "0+1");
  EXPECT_EQ(range("bytes=10-19"), "10+10");
  EXPECT_EQ(range("Bytes=10-"), "10+90");
  EXPECT_EQ(range("bytes=-10"), "90+10");
  EXPECT_EQ(range("bytes=-1000"), "0+100");
  EXPECT_EQ(range("bytes=99-1000"), "99+1");
  EXPECT_EQ(range("bytes=0-18446744073709551615"), "0+100");
  EXPECT_EQ(range("bytes=0-99999999999999999999999"), "0+100");
  EXPECT_EQ(range("bytes=1-2", "\"v1\""), "1+2");
}

TEST(http_range, has_no_bytes_where_it_cannot_be_satisfied) {
  for (const char* beyond : {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"})
    EXPECT_EQ(range(beyond).substr(range(beyond).find('+')), "+0") << beyond;
  EXPECT_EQ(http::range_of(header({{"range", "bytes=-5"}}), now, 0)->size, 0U);
  EXPECT_EQ(http::range_of(header({{"range", "bytes=0-"}}), now, 0)->size, 0U);
}

TEST(http_range, is_the_whole_where_it_is_none_or_many_or_of_another_file) {
  for (const char* odd :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-", "bytes=1-b", "bytes=2-1", "lines=1-2", "bytes=0-1,5-6",
        "bytes=0-,0-,0-,0-", "bytes=1--2", "bytes=0x1-2", "bytes=+1-2", "bytes==1-2"})
    EXPECT_EQ(range(odd), "whole") << odd;
  // A date is that of all that was written in one second, so that it is no proof.
  for (const char* other : {"\"v2\"", "W/\"v1\"", at, before, "v1", "*"})
    EXPECT_EQ(range("bytes=1-2", other), "whole") << other;
  http::fields twice = header({{"range", "bytes=1-2"}, {"range", "bytes=1-2"}});
  EXPECT_FALSE(http::range_of(twice, now, 100));
}

TEST(content_range, is_a_part_of_a_whole) {
  const auto part = http::read_content_range("bytes 500-999/2000");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->first, 500U);
  EXPECT_EQ(part->last, 999U);
  EXPECT_EQ(part->total, 2000U);
  EXPECT_TRUE(http::read_content_range("bytes 0-0/1"));
}

TEST(content_range, is_nothing_else) {
  for (const char* bad :
       {"", "bytes", "bytes ", "bytes 0-0", "bytes 0-0/", "bytes 0-0/*", "bytes */1", "bytes 1-0/2",
        "bytes 0-1/1", "bytes 0-0/1x", "bytes 0-0/1 ", "bytes  0-0/1", "bytes -1-0/1", "bytes +0-0/1",
        "bytes 0 -0/1", "lines 0-0/1", "bytes 0-0/99999999999999999999999", "bytes=0-0/1", "0-0/1"})
    EXPECT_FALSE(http::read_content_range(bad)) << bad;
}

TEST(host_name, is_an_authority_without_its_port) {
  EXPECT_EQ(http::host_name("LocalHost"), "localhost");
  EXPECT_EQ(http::host_name("localhost:8443"), "localhost");
  EXPECT_EQ(http::host_name("localhost.example.org"), "localhost.example.org");
  EXPECT_EQ(http::host_name("[::1]"), "[::1]");
  EXPECT_EQ(http::host_name("[::1]:443"), "[::1]");
  EXPECT_EQ(http::host_name(""), "");
}

TEST(receive_buffer, gives_what_it_took_however_much_is_read_at_once) {
  for (const std::size_t portion : {1U, 2U, 3U, 7U}) {
    receive_buffer buffer;
    std::string got;
    for (char c = 'a'; c <= 'z'; ++c) {
      const auto room = buffer.room(portion);
      ASSERT_GE(room.size(), portion);
      for (std::size_t i = 0; i < portion; ++i) room[i] = static_cast<std::byte>(c);
      buffer.take(portion);
      if (c % 3 != 0) continue;
      const std::size_t some = buffer.unread().size() - 1;
      got += buffer.unread().substr(0, some);
      buffer.consume(some);
    }
    got += buffer.unread();
    std::string expected;
    for (char c = 'a'; c <= 'z'; ++c) expected.append(portion, c);
    EXPECT_EQ(got, expected);
    buffer.release();
    EXPECT_EQ(buffer.unread(), "");
  }
}

TEST(content_type, is_that_of_what_browsers_show) {
  EXPECT_EQ(http::content_type("a.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(http::content_type("a.tar.png"), "image/png");
  for (const char* other : {"a", "html", "a.exe", "a.", "a.html.gz"})
    EXPECT_EQ(http::content_type(other), "application/octet-stream") << other;
}

}  // namespace
