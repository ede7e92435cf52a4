// The PROXY protocol's headers, by the rules of its specification. Each is read whole, with something behind
// it, and byte by byte, which must not make a difference.
#include "sock/proxy_header.hpp"

#include "sock/kit/proxy_words.hpp"
#include "support/bytes.hpp"
#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace stls::test {
namespace {

using verdict = result<std::optional<proxy_header>>;

std::string told(const verdict& v) {
  if (!v) return v.error().message;
  if (!*v) return "more";
  std::string text = std::to_string((*v)->size);
  if ((*v)->of_tcp) text += ' ' + (*v)->of_tcp->source.text() + " to " + (*v)->of_tcp->destination.text();
  return text;
}

// judged gives the verdict on something that begins a connection.
std::string judged(const bytes& begin) {
  const verdict whole = read_proxy_header(begin);
  std::size_t come = 0;
  verdict piecewise = read_proxy_header({});
  while (piecewise && !*piecewise && come < begin.size())
    piecewise = read_proxy_header(std::span(begin).first(++come));
  EXPECT_EQ(told(piecewise), told(whole));
  if (!whole) {
    EXPECT_TRUE(is_error(whole, errc::protocol));
    EXPECT_TRUE(has_style(whole.error()));
  } else if (*whole) {
    EXPECT_EQ((*whole)->size, come) << "done as soon as it is whole";
    const verdict with_more = read_proxy_header(joined({begin, to_bytes("\r\nPROXY more")}));
    EXPECT_EQ(told(with_more), told(whole));
  }
  return told(whole);
}
std::string judged(std::string_view line) { return judged(to_bytes(line)); }

TEST(proxy_header_1, names_both_ends) {
  EXPECT_EQ(judged(ipv4_line), "45 192.0.2.1:56324 to 198.51.100.2:443");
  EXPECT_EQ(judged(ipv6_line), "46 [2001:db8::1]:56324 to [2001:db8::2]:443");
  EXPECT_EQ(judged("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n"),
            "44 255.255.255.255:65535 to 0.0.0.0:0");
  const std::string widest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  EXPECT_EQ(judged("PROXY TCP6 FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff " + widest + " 65535 65535\r\n"),
            "104 [" + widest + "]:65535 to [" + widest + "]:65535");
  EXPECT_EQ(judged("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 1 2\r\n"),
            "50 192.0.2.1:1 to 198.51.100.2:2")
      << "IPv4 addresses that are mapped into IPv6 are IPv4 addresses";
}

TEST(proxy_header_1, of_an_unknown_protocol_names_nobody_whatever_the_line_says) {
  EXPECT_EQ(judged("PROXY UNKNOWN\r\n"), "15");
  EXPECT_EQ(judged("PROXY UNKNOWN 192.0.2.1 198.51.100.2 1 2\r\n"), "42");
  EXPECT_EQ(judged("PROXY UNKNOWN " + std::string(91, '\xff') + "\r\n"), "107");
}

TEST(proxy_header_1, ends_with_crlf_in_107_bytes) {
  const std::string unknown = "PROXY UNKNOWN " + std::string(91, 'x');
  EXPECT_EQ(judged(unknown), "more");
  EXPECT_EQ(judged(unknown + "\r"), "more");
  const std::string_view too_long = "PROXY header: no line end in 107 bytes";
  EXPECT_EQ(judged(unknown + "xx"), too_long);
  EXPECT_EQ(judged(unknown + "x\r\n"), too_long);
  EXPECT_EQ(judged(unknown + "x\n"), too_long);
  const std::string_view no_crlf = "PROXY header: a line end that is not CRLF";
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n"), no_crlf);
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\r\n"), no_crlf);
  EXPECT_EQ(judged("PROXY UNKNOWN \n\r\n"), no_crlf);
  EXPECT_EQ(judged("PROXY UNKNOWN \rx\r\n"), no_crlf);
}

TEST(proxy_header_1, has_exactly_these_words_with_one_space_between_them) {
  const auto other = [](std::string_view word) {
    return "PROXY header: '" + std::string(word) + "' is no protocol; TCP4, TCP6 and UNKNOWN are";
  };
  EXPECT_EQ(judged("PROXY \r\n"), other(""));
  EXPECT_EQ(judged("PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n"), other(""));
  EXPECT_EQ(judged("PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n"), other("TCP5"));
  EXPECT_EQ(judged("PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n"), other("tcp4"));
  EXPECT_EQ(judged("PROXY UNKNOWNS\r\n"), other("UNKNOWNS"));
  EXPECT_EQ(judged("PROXY TCP4\t192.0.2.1 198.51.100.2 1 2\r\n"), other("TCP4\\x09192.0.2.1"));
  EXPECT_EQ(judged("PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n"), "PROXY header: '' is no IPv4 address");
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1  2\r\n"), "PROXY header: ' 2' is no port");
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n"), "PROXY header: '2 ' is no port");
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n"), "PROXY header: '' is no port");
  EXPECT_EQ(judged("PROXY TCP4\r\n"), "PROXY header: '' is no IPv4 address");
}

TEST(proxy_header_1, has_addresses_of_the_family_that_it_names) {
  for (const char* word : {"192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.02.1", "192.0.2.1.", "0xc0.0.2.1",
                           "3221225985", "::1", "192.0.2.1%1", "localhost", "-1.0.2.1"}) {
    const std::string said = "PROXY header: '" + std::string(word) + "' is no IPv4 address";
    EXPECT_EQ(judged("PROXY TCP4 " + std::string(word) + " 198.51.100.2 1 2\r\n"), said);
    EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 " + std::string(word) + " 1 2\r\n"), said);
  }
  for (const char* word : {"192.0.2.1", "2001:db8", "2001::db8::1", "1:2:3:4:5:6:7:8:9",
                           "12345::", "fe80::1%1", "[::1]", ":", "g::"}) {
    const std::string said = "PROXY header: '" + std::string(word) + "' is no IPv6 address";
    EXPECT_EQ(judged("PROXY TCP6 " + std::string(word) + " ::1 1 2\r\n"), said);
    EXPECT_EQ(judged("PROXY TCP6 ::1 " + std::string(word) + " 1 2\r\n"), said);
  }
  EXPECT_EQ(judged(std::string_view("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n", 40)),
            "PROXY header: '192.0.2.1\\x00' is no IPv4 address");
}

TEST(proxy_header_1, has_decimal_ports) {
  for (const char* word : {"65536", "01", "00", "+1", "-1", "0x1", "1.", "99999999999999999999"}) {
    const std::string said = "PROXY header: '" + std::string(word) + "' is no port";
    EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 " + std::string(word) + " 2\r\n"), said);
    EXPECT_EQ(judged("PROXY TCP4 192.0.2.1 198.51.100.2 1 " + std::string(word) + "\r\n"), said);
  }
}

TEST(proxy_header_2, names_both_ends) {
  EXPECT_EQ(judged(block(0x21, 0x11, ipv4_ends())), "28 192.0.2.1:56324 to 198.51.100.2:443");
  EXPECT_EQ(judged(block(0x21, 0x21, ipv6_ends())), "52 [2001:db8::1]:56324 to [2001:db8::2]:443");
  const bytes mapped =
      from_hex("00000000000000000000ffffc0000201 00000000000000000000ffffc6336402 0001 ffff");
  EXPECT_EQ(judged(block(0x21, 0x21, mapped)), "52 192.0.2.1:1 to 198.51.100.2:65535");
}

TEST(proxy_header_2, names_nobody_where_the_proxy_speaks_for_itself_or_of_what_is_not_tcp) {
  EXPECT_EQ(judged(block(0x20, 0x00, {})), "16");
  EXPECT_EQ(judged(block(0x20, 0x11, ipv4_ends())), "28") << "LOCAL: all is passed over";
  EXPECT_EQ(judged(block(0x20, 0xff, pattern(100))), "116") << "and so is the family";
  EXPECT_EQ(judged(block(0x21, 0x00, {})), "16");
  EXPECT_EQ(judged(block(0x21, 0x00, pattern(7))), "23") << "where its addresses end nobody knows";
  EXPECT_EQ(judged(block(0x21, 0x01, pattern(7))), "23");
  EXPECT_EQ(judged(block(0x21, 0x10, ipv4_ends())), "28");
  EXPECT_EQ(judged(block(0x21, 0x12, ipv4_ends())), "28") << "UDP";
  EXPECT_EQ(judged(block(0x21, 0x22, ipv6_ends())), "52");
  EXPECT_EQ(judged(block(0x21, 0x31, bytes(216, std::byte('/')))), "232") << "a Unix-domain socket";
  EXPECT_EQ(judged(block(0x21, 0x32, bytes(216))), "232");
}

TEST(proxy_header_2, of_another_version_command_family_or_protocol_is_malformed) {
  EXPECT_EQ(judged(block(0x11, 0x11, ipv4_ends())), "PROXY header: version 1 is not known");
  EXPECT_EQ(judged(block(0x31, 0x11, ipv4_ends())), "PROXY header: version 3 is not known");
  EXPECT_EQ(judged(block(0x22, 0x11, ipv4_ends())), "PROXY header: command 2 is not known");
  EXPECT_EQ(judged(block(0x2f, 0x11, ipv4_ends())), "PROXY header: command 15 is not known");
  EXPECT_EQ(judged(block(0x21, 0x41, ipv4_ends())), "PROXY header: family of addresses 4 is not known");
  EXPECT_EQ(judged(block(0x21, 0x13, ipv4_ends())), "PROXY header: protocol 3 is not known");
}

TEST(proxy_header_2, has_room_for_its_addresses) {
  bytes cut = ipv4_ends();
  cut.pop_back();
  EXPECT_EQ(judged(block(0x21, 0x11, cut)), "PROXY header: 27 bytes have no room for addresses");
  EXPECT_EQ(judged(block(0x21, 0x12, cut)), "PROXY header: 27 bytes have no room for addresses");
  EXPECT_EQ(judged(block(0x21, 0x21, ipv4_ends())), "PROXY header: 28 bytes have no room for addresses");
  EXPECT_EQ(judged(block(0x21, 0x31, bytes(215))), "PROXY header: 231 bytes have no room for addresses");
}

TEST(proxy_header_2, is_not_longer_than_4096_bytes) {
  // A padding (NOOP) of the rest.
  const auto padded = [](std::size_t size) {
    const std::size_t rest = size - 28 - 3;
    bytes padding = {std::byte(4), std::byte(rest >> 8U), std::byte(rest & 0xffU)};
    padding.resize(padding.size() + rest);
    return block(0x21, 0x11, joined({ipv4_ends(), padding}));
  };
  EXPECT_EQ(judged(padded(4096)), "4096 192.0.2.1:56324 to 198.51.100.2:443");
  EXPECT_EQ(judged(padded(4097)), "PROXY header: 4097 bytes are too many; at most 4096");
  EXPECT_EQ(judged(block(0x20, 0x00, bytes(65535))), "PROXY header: 65551 bytes are too many; at most 4096");
}

TEST(proxy_header_2, may_carry_what_is_passed_over) {
  const bytes alpn = from_hex("01 0002 6832");
  const bytes nothing = from_hex("04 0000");
  const bytes custom = from_hex("e0 0003 000000");
  EXPECT_EQ(judged(block(0x21, 0x11, joined({ipv4_ends(), alpn, nothing, custom}))),
            "42 192.0.2.1:56324 to 198.51.100.2:443");
  EXPECT_EQ(judged(block(0x21, 0x31, joined({bytes(216), alpn}))), "237");
  for (const char* cut : {"01", "01 00", "01 0001", "01 0002 68", "01 0002 6832 04", "01 ffff 00"}) {
    for (const auto& [family, addresses] : {std::pair(0x11U, ipv4_ends()), std::pair(0x12U, ipv4_ends()),
                                            std::pair(0x21U, ipv6_ends()), std::pair(0x31U, bytes(216))}) {
      EXPECT_EQ(judged(block(0x21, family, joined({addresses, from_hex(cut)}))),
                "PROXY header: an extension that is not whole");
    }
  }
}

TEST(proxy_header_2, whose_checksum_is_wrong_is_malformed) {
  // The number was computed elsewhere, by an implementation whose check value is that of CRC-32C.
  const auto with = [](std::string_view sum) {
    return block(
        0x21, 0x11,
        joined({ipv4_ends(), from_hex("04 0002 6162 03 0004"), from_hex(sum), from_hex("01 0001 78")}));
  };
  EXPECT_EQ(judged(with("38a4eca5")), "44 192.0.2.1:56324 to 198.51.100.2:443");
  const std::string_view wrong = "PROXY header: its checksum is wrong";
  EXPECT_EQ(judged(with("38a4eca4")), wrong);
  EXPECT_EQ(judged(with("a5eca438")), wrong);
  EXPECT_EQ(judged(with("00000000")), wrong);
  for (std::size_t at = 16; at < 44; ++at) {
    if (at == 33) continue;  // says that it is a checksum
    bytes changed = with("38a4eca5");
    changed[at] ^= std::byte(1);
    EXPECT_FALSE(read_proxy_header(changed)) << "byte " << at;
  }
  const std::string_view one = "PROXY header: must have one checksum of 4 bytes, or none";
  EXPECT_EQ(judged(block(0x21, 0x11, joined({ipv4_ends(), from_hex("03 0003 000000")}))), one);
  EXPECT_EQ(judged(block(0x21, 0x11, joined({ipv4_ends(), from_hex("03 0000")}))), one);
}

TEST(proxy_header, that_is_missing_is_told_by_the_first_byte_that_cannot_be_one) {
  EXPECT_EQ(judged(""), "more");
  EXPECT_EQ(judged("PROXY"), "more");
  EXPECT_EQ(judged("PROXY TCP4 192.0.2.1"), "more");
  EXPECT_EQ(judged(from_hex("0d0a0d0a000d0a515549540a")), "more");
  EXPECT_EQ(judged("GET / HTTP/1.0\r\n\r\n"), "PROXY header: none came, but 'G'");
  EXPECT_EQ(judged("POST / HTTP/1.0\r\n\r\n"), "PROXY header: none came, but 'PO'");
  EXPECT_EQ(judged("PROXY\tTCP4"), "PROXY header: none came, but 'PROXY\\x09'");
  EXPECT_EQ(judged(from_hex("16030100c8010000c4")), "PROXY header: none came, but '\\x16'");
  EXPECT_EQ(judged(from_hex("0d0a0d0a000d0a515549540d21")),
            "PROXY header: none came, but '\\x0D\\x0A\\x0D\\x0A\\x00\\x0D\\x0AQUIT\\x0D'");
}

}  // namespace
}  // namespace stls::test
