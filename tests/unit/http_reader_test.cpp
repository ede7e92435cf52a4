// The HTTP reader of examples/https: what it takes, and with which status it refuses the rest.
#include "https/http_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "https/http_body.hpp"

namespace {

using http::framing;
using namespace std::string_view_literals;

// read gives the request, or the refusal, that a head leads to, as a server reads it.
http::reading<http::request> read(std::string_view head) {
  http::head_finder finder;
  const auto size = finder.find(head);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return http::refuse(0, "more must come");
  EXPECT_EQ(*size, head.size());
  return http::read_request(head.substr(0, *size));
}

// status is that of the refusal, or 200.
int status(std::string_view head) {
  const auto request = read(head);
  return request ? 200 : request.error().status();
}

// with is a good request with more header lines.
std::string with(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}
std::string asking(std::string_view first) { return std::string(first) + "\r\nHost: a\r\n\r\n"; }

TEST(http_reader, reads_what_a_request_says) {
  const auto r = read(
      "PUT /a%20b/c?x=1&y HTTP/1.1\r\nHost: Example.org:8443\r\nContent-Length:  12 \r\n"
      "X-Empty:\r\nExpect: 100-Continue\r\naccept: */*\r\n\r\n");
  ASSERT_TRUE(r) << r.error().why();
  EXPECT_EQ(r->method, "PUT");
  EXPECT_EQ(r->path, "/a%20b/c");
  EXPECT_EQ(r->query, "x=1&y");
  EXPECT_EQ(r->host, "Example.org:8443");
  EXPECT_EQ(r->minor, 1);
  EXPECT_EQ(r->body.length(), 12U);
  EXPECT_TRUE(r->persistent);
  EXPECT_TRUE(r->expects_continue);
  ASSERT_NE(r->header.find("x-empty"), nullptr);
  EXPECT_EQ(*r->header.find("x-empty"), "");
  EXPECT_EQ(*r->header.find("accept"), "*/*");
  EXPECT_EQ(r->header.find("none"), nullptr);
}

TEST(http_reader, reads_a_head_that_comes_byte_by_byte_and_leaves_what_follows) {
  const std::string head = with("A: b\r\n");
  const std::string text = head + "GET /next";
  http::head_finder finder;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto size = finder.find(std::string_view(text).substr(0, i));
    ASSERT_TRUE(size);
    EXPECT_EQ(*size, 0U) << i;
  }
  const auto size = finder.find(text);
  ASSERT_TRUE(size);
  EXPECT_EQ(*size, head.size());
}

TEST(http_reader, takes_one_empty_line_before_a_request_and_no_more) {
  EXPECT_EQ(status("\r\n" + with("")), 200);
  EXPECT_EQ(status("\r\n\r\n"), 400);
}

TEST(http_reader, knows_when_a_connection_goes_on) {
  EXPECT_TRUE(read(with("Connection: keep-alive, x\r\n"))->persistent);
  EXPECT_FALSE(read(with("Connection: x , Close\r\n"))->persistent);
  EXPECT_FALSE(read(with("Connection: x\r\nConnection: close\r\n"))->persistent);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r\n")->persistent);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->persistent);
}

TEST(http_reader, refuses_lines_that_do_not_end_with_crlf) {
  EXPECT_EQ(status("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"), 400);
  EXPECT_EQ(status("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(http_reader, refuses_control_characters_and_nul) {
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nB: c\0d\r\n\r\n"sv), 400);
  EXPECT_EQ(status("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv), 400);
  EXPECT_EQ(status(with("B: c\x01"
                        "d\r\n")),
            400);
  EXPECT_EQ(status(with("B: c\x7f\r\n")), 400);
  EXPECT_EQ(status(with("B: c\td\r\n")), 200);
  EXPECT_EQ(status(with("B: \xc3\xa4\r\n")), 200);  // opaque to us
}

TEST(http_reader, refuses_header_lines_that_others_could_read_differently) {
  EXPECT_EQ(status(with("B : c\r\n")), 400);
  EXPECT_EQ(status(with("B\t: c\r\n")), 400);
  EXPECT_EQ(status(with(" B: c\r\n")), 400);
  EXPECT_EQ(status(with("B: c\r\n d\r\n")), 400);  // obs-fold
  EXPECT_EQ(status(with("B: c\r\n\td\r\n")), 400);
  EXPECT_EQ(status(with("B\r\n")), 400);
  EXPECT_EQ(status(with(": c\r\n")), 400);
  EXPECT_EQ(status(with("B(: c\r\n")), 400);
  EXPECT_EQ(status(with("\xc3\xa4: c\r\n")), 400);
}

TEST(http_reader, bounds_the_head) {
  EXPECT_EQ(status(asking("GET /" + std::string(7980, 'a') + " HTTP/1.1")), 200);
  EXPECT_EQ(status(asking("GET /" + std::string(8000, 'a') + " HTTP/1.1")), 414);
  EXPECT_EQ(status("GET /" + std::string(100'000, 'a')), 414);  // it need not end
  EXPECT_EQ(status(with("B: " + std::string(16'000, 'c') + "\r\n")), 200);
  EXPECT_EQ(status(with("B: " + std::string(17'000, 'c') + "\r\n")), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nB: " + std::string(100'000, 'c')), 431);
  std::string lines;
  for (int i = 0; i < 99; ++i) lines += "B: c\r\n";
  EXPECT_EQ(status(with(lines)), 200);
  EXPECT_EQ(status(with(lines + "B: c\r\n")), 431);
}

TEST(http_reader, refuses_first_lines_that_are_none) {
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
        "GET / HTTP/1.1x", "GET / HTTP/a.1", "GET\t/ HTTP/1.1", "G(T / HTTP/1.1", "GET /a b HTTP/1.1",
        "GET /a#b HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1", "GET \"/\" HTTP/1.1", "\x16\x03\x01 / HTTP/1.1",
        "HTTP/1.1"}) {
    EXPECT_EQ(status(asking(line)), 400) << line;
  }
  EXPECT_EQ(status(asking("GET / HTTP/2.0")), 505);
  EXPECT_EQ(status(asking("GET / HTTP/0.9")), 505);
  EXPECT_EQ(status(asking("GET / HTTP/1.2")), 200);
}

TEST(http_reader, reads_the_four_forms_of_a_target) {
  const auto absolute = read(asking("GET https://b:1/c?d HTTP/1.1"));
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->host, "b:1");  // not what the line Host says
  EXPECT_EQ(absolute->path, "/c");
  EXPECT_EQ(absolute->query, "d");
  EXPECT_EQ(read(asking("GET HTTPS://b HTTP/1.1"))->path, "/");
  EXPECT_EQ(read(asking("GET https://b?c HTTP/1.1"))->path, "/");
  EXPECT_EQ(status(asking("GET http://b/ HTTP/1.1")), 421);
  EXPECT_EQ(status(asking("GET ftp://b/ HTTP/1.1")), 400);
  EXPECT_EQ(status(asking("GET https:///c HTTP/1.1")), 400);
  EXPECT_EQ(status(asking("GET https://user@b/ HTTP/1.1")), 400);

  EXPECT_EQ(read(asking("OPTIONS * HTTP/1.1"))->path, "*");
  EXPECT_EQ(status(asking("GET * HTTP/1.1")), 400);
  EXPECT_EQ(read(asking("CONNECT b:443 HTTP/1.1"))->host, "b:443");
  EXPECT_EQ(status(asking("CONNECT / HTTP/1.1")), 400);
  EXPECT_EQ(status(asking("CONNECT b HTTP/1.1")), 400);
  EXPECT_EQ(status(asking("GET b:443 HTTP/1.1")), 400);
  EXPECT_EQ(status(asking("GET a/b HTTP/1.1")), 400);
}

TEST(http_reader, wants_one_good_host) {
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status(with("Host: a\r\n")), 400);  // the same one again
  for (const char* good : {"a", "a.b-c_d", "192.0.2.1:80", "[2001:db8::1]", "[::1]:443", "a:65535"})
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: " + std::string(good) + "\r\n\r\n"), 200) << good;
  for (const char* bad : {"", "a b", "a/b", "user@a", "a:", "a:b", "a:123456", "[::1", "[]", "a,b", "a\\b",
                          "[::1]x", "a:1:2", "\xc3\xa4", "a?", "[g]"})
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n"), 400) << bad;
}

TEST(http_reader, knows_one_way_only_in_which_a_body_ends) {
  EXPECT_TRUE(read(with(""))->body.empty());
  EXPECT_EQ(read(with("Content-Length: 007\r\n"))->body.length(), 7U);
  EXPECT_EQ(read(with("Content-Length: 18446744073709551615\r\n"))->body.length(), UINT64_MAX);
  EXPECT_EQ(read(with("Transfer-Encoding: Chunked\r\n"))->body.how(), framing::kind::chunked);
  EXPECT_EQ(status(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(status(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 400);
  EXPECT_EQ(status(with("Content-Length: 5\r\nContent-Length: 5\r\n")), 400);
  for (const char* bad : {"", "+5", "-5", "0x5", "5 5", "5,5", "5.0", "five"})
    EXPECT_EQ(status(with("Content-Length: " + std::string(bad) + "\r\n")), 400) << bad;
  EXPECT_EQ(status(with("Content-Length: 18446744073709551616\r\n")), 413);
  EXPECT_EQ(status(with("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(status(with("Transfer-Encoding: chunked, gzip\r\n")), 400);
  EXPECT_EQ(status(with("Transfer-Encoding: identity\r\n")), 400);
  EXPECT_EQ(status(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(http_reader, refuses_other_expectations) {
  EXPECT_EQ(status(with("Expect: a-gift\r\n")), 417);
  EXPECT_EQ(status(with("Expect: 100-continue\r\nExpect: 100-continue\r\n")), 417);
  EXPECT_FALSE(read(with("Expect: 100-continue\r\n"))->expects_continue);  // there is no body
}

TEST(http_reader, reads_responses) {
  const auto r = http::read_response("HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n", "GET");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 206);
  EXPECT_EQ(r->body.length(), 5U);
  EXPECT_TRUE(http::read_response("HTTP/1.1 200\r\n\r\n", "GET"));
  EXPECT_EQ(http::read_response("HTTP/1.0 200 OK\r\n\r\n", "GET")->body.how(), framing::kind::until_end);
  for (const char* without : {"100 ", "204 ", "304 "}) {
    const std::string head = "HTTP/1.1 " + std::string(without) + "x\r\nContent-Length: 5\r\n\r\n";
    EXPECT_TRUE(http::read_response(head, "GET")->body.empty()) << without;
  }
  EXPECT_TRUE(http::read_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD")->body.empty());
  for (const char* bad : {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200", "HTTP/2 200 OK",
                          "HTTP/1.1 099 x", "ICY 200 OK", "HTTP/1.1 200 \x1b[31m", ""})
    EXPECT_FALSE(http::read_response(std::string(bad) + "\r\n\r\n", "GET")) << bad;
  EXPECT_FALSE(http::read_response(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"));
}

// decoded is the body in a stream that comes in portions of that size, and how much of the stream it was; or
// why it is none.
struct outcome {
  std::string body;
  std::size_t size = 0;
  bool done = false;
  std::string why;
};
outcome decoded(framing how, std::string_view stream, std::size_t portion) {
  http::body_reader reader(how);
  outcome out;
  for (std::size_t come = 0; come < stream.size() && !reader.done();) {
    come = std::min(stream.size(), come + portion);
    while (out.size < come && !reader.done()) {
      const auto piece = reader.next(stream.substr(out.size, come - out.size));
      if (!piece) return {"", 0, false, std::string(piece.error().why())};
      out.size += piece->read;
      out.body += piece->data;
    }
  }
  out.done = reader.done();
  return out;
}

constexpr framing chunks(framing::kind::chunked);

TEST(http_body, ends_where_its_length_says) {
  for (const std::size_t portion : {1U, 3U, 100U}) {
    const outcome o = decoded(framing(5), "helloGET /", portion);
    EXPECT_EQ(o.body, "hello");
    EXPECT_EQ(o.size, 5U);
    EXPECT_TRUE(o.done);
  }
  EXPECT_FALSE(decoded(framing(6), "hello", 100).done);
  EXPECT_TRUE(http::body_reader(framing()).done());
}

TEST(http_body, is_decoded_from_chunks) {
  const std::string_view stream =
      "5\r\nhello\r\n00A;name=value;x=\"y\"\r\n, world!\r\n\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\nGET /";
  for (const std::size_t portion : {1U, 2U, 7U, 1000U}) {
    const outcome o = decoded(chunks, stream, portion);
    EXPECT_EQ(o.why, "");
    EXPECT_EQ(o.body, "hello, world!\r\n");
    EXPECT_EQ(o.size, stream.size() - 5);
    EXPECT_TRUE(o.done);
  }
  EXPECT_TRUE(decoded(chunks, "0\r\n\r\n", 1).done);
  EXPECT_FALSE(decoded(chunks, "5\r\nhello\r\n0\r\n", 1).done);
  EXPECT_FALSE(decoded(chunks, "5\r\nhel", 1).done);
}

TEST(http_body, refuses_chunks_that_others_could_read_differently) {
  for (const std::string_view bad : {"\r\n"sv,
                                     "g\r\n"sv,
                                     "-1\r\n"sv,
                                     "+1\r\n"sv,
                                     "0x1\r\n"sv,
                                     " 1\r\n"sv,
                                     "1 \r\n"sv,
                                     "1\n"sv,
                                     "1\ra"sv,
                                     ";a\r\n"sv,
                                     "1\r\nab\r\n"sv,
                                     "1\r\na\n"sv,
                                     "1\r\na\rb"sv,
                                     "1;\0\r\n"sv,
                                     "1;\n"sv,
                                     "0\r\n\n"sv,
                                     "0\r\n\rx"sv,
                                     "0\r\nA: \n"sv,
                                     "0\r\nA\rB"sv,
                                     "10000000000000000\r\n"sv,
                                     "ffffffffffffffff0\r\n"sv}) {
    for (const std::size_t portion : {1U, 100U})
      EXPECT_NE(decoded(chunks, bad, portion).why, "") << testing::PrintToString(bad);
  }
}

TEST(http_body, bounds_what_is_between_chunks) {
  EXPECT_NE(decoded(chunks, "1;" + std::string(10'000, 'x'), 100).why, "");
  EXPECT_NE(decoded(chunks, std::string(10'000, '0'), 100).why, "");
  EXPECT_NE(decoded(chunks, "0\r\nA: " + std::string(10'000, 'x'), 100).why, "");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "1;x\r\na\r\n";
  EXPECT_NE(decoded(chunks, many, 100).why, "");
}

TEST(http_body, without_a_length_ends_with_the_stream) {
  http::body_reader reader{framing(framing::kind::until_end)};
  EXPECT_EQ(reader.next("anything")->data, "anything");
  EXPECT_FALSE(reader.done());
  EXPECT_TRUE(reader.may_end());
  EXPECT_FALSE(http::body_reader(chunks).may_end());
  EXPECT_FALSE(http::body_reader(framing(1)).may_end());
}

}  // namespace
