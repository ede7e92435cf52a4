#include "base/pem.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stls/conn_info.hpp>
#include <string>
#include <string_view>

#include "support/bytes.hpp"
#include "support/expect.hpp"

namespace stls {
namespace {

using test::is_error;
using test::pattern;
using test::succeeded;
using test::to_bytes;

const std::string one = "-----BEGIN X-----\nb25l\n-----END X-----\n";
const std::string two = "-----BEGIN EC PRIVATE KEY-----\ndHdv\n-----END EC PRIVATE KEY-----\n";

void expect_one(std::string_view text) {
  const auto blocks = pem_blocks(text);
  ASSERT_TRUE(succeeded(blocks)) << text;
  ASSERT_EQ(blocks->size(), 1U);
  EXPECT_EQ(blocks->front().label, "X");
  EXPECT_EQ(blocks->front().der, to_bytes("one"));
  EXPECT_FALSE(blocks->front().has_headers);
}

TEST(pem, finds_all_objects) {
  const std::string text = "who:\n\n" + one + "between - the -----two-----\n" + two + "after";
  const auto blocks = pem_blocks(text);
  ASSERT_TRUE(succeeded(blocks));
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].label, "X");
  EXPECT_EQ((*blocks)[0].whole, one.substr(0, one.size() - 1));
  EXPECT_EQ((*blocks)[0].der, to_bytes("one"));
  EXPECT_EQ((*blocks)[1].label, "EC PRIVATE KEY");
  EXPECT_EQ((*blocks)[1].whole, two.substr(0, two.size() - 1));
  EXPECT_EQ((*blocks)[1].der, to_bytes("two"));
}

TEST(pem, takes_all_line_ends_and_blanks) {
  expect_one("-----BEGIN X-----\nb25l\n-----END X-----");
  expect_one("-----BEGIN X-----\r\nb25l\r\n-----END X-----\r\n");
  expect_one("-----BEGIN X-----\rb25l\r-----END X-----\r");
  expect_one("-----BEGIN X----- \t\r\n  b2 5l \n-----END X-----  \n");
  expect_one("-----BEGIN X-----\n\n\r\n \nb2\n\n5l\n\n-----END X-----\n");
  expect_one("\xEF\xBB\xBF-----BEGIN X-----\nb25l\n-----END X-----\n");
  expect_one(std::string("text with a \0\n", 14) + one);
}

TEST(pem, decodes_every_length_and_byte) {
  for (std::size_t size = 1; size < 300; ++size) {
    const bytes der = pattern(size, size);
    const std::string text = pem_encode("CERTIFICATE", der);
    const auto blocks = pem_blocks(text);
    ASSERT_TRUE(succeeded(blocks)) << text;
    EXPECT_EQ(blocks->front().der, der);
  }
}

TEST(pem, encodes_in_lines_of_64) {
  EXPECT_EQ(pem_encode("X", to_bytes("one")), one);
  EXPECT_EQ(pem_encode("X", {}), "-----BEGIN X-----\n-----END X-----\n");
  EXPECT_EQ(pem_encode("X", bytes(48)), "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
  EXPECT_EQ(pem_encode("X", bytes(49)),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
}

TEST(pem, leaves_what_is_encrypted_to_others) {
  const std::string encrypted =
      "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n\r\nb25l\r\n"
      "-----END RSA PRIVATE KEY-----\r\n";
  const std::string text = encrypted + one;
  const auto blocks = pem_blocks(text);
  ASSERT_TRUE(succeeded(blocks));
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_TRUE((*blocks)[0].has_headers);
  EXPECT_TRUE((*blocks)[0].der.empty());
  EXPECT_EQ((*blocks)[0].whole, encrypted.substr(0, encrypted.size() - 2));
  EXPECT_FALSE((*blocks)[1].has_headers);
}

TEST(pem, says_where_and_what_is_wrong) {
  const auto wrong = [](std::string_view text, std::string_view sentence) {
    EXPECT_TRUE(is_error(pem_blocks(text), errc::bad_pem, sentence)) << text;
  };
  wrong("", "it is empty");
  wrong("hello\n", "no PEM object found");
  wrong("0\x82\x01\x0a", "it is DER, not PEM");
  wrong("text\n-----BEGIN X-----\nb25l\n", "line 2: -----BEGIN X----- without its -----END");
  wrong("-----BEGIN X-----\nb25l\n" + one, "line 1: -----BEGIN X----- without its -----END");
  wrong(one + "-----BEGIN X-----", "line 4: -----BEGIN X----- without its -----END");
  wrong("b25l\n-----END X-----\n", "line 2: -----END without its -----BEGIN");
  wrong("-----BEGIN X-----\nb25l\n-----END Y-----\n", "line 3: ends as Y what began as X");
  wrong("\n-----BEGIN X----\nb25l\n-----END X-----\n", "line 2: malformed -----BEGIN line");
  wrong("-----BEGIN-----\nb25l\n-----END-----\n", "line 1: malformed -----BEGIN line");
  wrong("-----BEGIN -----\nb25l\n-----END -----\n", "line 1: malformed -----BEGIN line");
  wrong("-----BEGIN ---\n", "line 1: malformed -----BEGIN line");
  wrong("-----BEGIN \x1b[1m-----\nb25l\n-----END X-----\n", "line 1: malformed -----BEGIN line");
  wrong("-----BEGIN " + std::string(65, 'L') + "-----\n", "line 1: malformed -----BEGIN line");
  wrong("-----BEGIN X-----\nb25l\n-----END X\n", "line 3: malformed -----END line");
  wrong("-----BEGIN X-----\n-----END X-----\n", "line 1: -----BEGIN X----- holds nothing");
  wrong("-----BEGIN X-----\nA: b\n-----END X-----\n", "line 1: headers without the empty line after them");
}

TEST(pem, refuses_what_is_not_base64) {
  const auto wrong = [](std::string_view body, std::string_view sentence) {
    const std::string text =
        std::string("-----BEGIN X-----\nb25l\n") + std::string(body) + "\n-----END X-----\n";
    EXPECT_TRUE(is_error(pem_blocks(text), errc::bad_pem, sentence)) << text;
  };
  wrong("b25\x80", "line 3: not base64");
  wrong("b25l\nb25*", "line 4: not base64");
  wrong("b25l-", "line 3: not base64");
  wrong(std::string_view("b2\0l", 4), "line 3: not base64");
  wrong("b=5l", "line 3: not base64");
  wrong("=", "line 3: not base64");
  wrong("b===", "line 3: not base64");
  wrong("b24=\nb25l", "line 4: not base64");
  wrong("b24=\n=", "line 4: not base64");
  wrong("b25lb", "line 3: not base64: it ends too early or with stray bits");
  wrong("b25lb2", "line 3: not base64: it ends too early or with stray bits");
  wrong("b2=\n", "line 3: not base64: it ends too early or with stray bits");
  wrong("b25=", "line 3: not base64: it ends too early or with stray bits");
  wrong("bz==", "line 3: not base64: it ends too early or with stray bits");
}

TEST(pem, takes_time_in_proportion_to_the_text) {
  constexpr std::size_t size = std::size_t{16} << 20U;
  std::string many;
  while (many.size() < size) many += "-----BEGIN A-----\nAAAA\n-----END A-----\n";
  std::string unfinished = "-----BEGIN A-----";
  while (unfinished.size() < size) unfinished += "\nAAAA";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(succeeded(pem_blocks(many)));
  EXPECT_TRUE(is_error(pem_blocks(unfinished), errc::bad_pem));
  EXPECT_TRUE(is_error(pem_blocks(std::string(size, '\n')), errc::bad_pem));
  EXPECT_TRUE(is_error(pem_blocks("-----BEGIN A-----" + std::string(size, ' ') + "\n-----END A-----"),
                       errc::bad_pem));
  // Generous, for sanitizers: what grows with the square would take hours.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(conn_info, gives_the_chain_as_pem) {
  conn_info info;
  EXPECT_EQ(info.peer_chain_pem(), "");
  info.peer_chain = {to_bytes("one"), to_bytes("two")};
  EXPECT_EQ(info.peer_chain_pem(),
            "-----BEGIN CERTIFICATE-----\nb25l\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\ndHdv\n-----END CERTIFICATE-----\n");
}

}  // namespace
}  // namespace stls
