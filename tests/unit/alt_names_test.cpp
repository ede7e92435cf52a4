#include "x509/alt_names.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"
#include "support/expect.hpp"

namespace stls::x509 {
namespace {

using test::from_hex;
using test::is_error;
using test::sequence;
using test::succeeded;
using test::tlv;
using names_list = std::vector<std::string>;

TEST(alt_names, are_sorted_by_kind) {
  const auto names = parse_alt_names(sequence({
      tlv(0x82, "example.org"),
      tlv(0x81, "a@example.org"),
      tlv(0x86, "https://example.org/"),
      tlv(0x87, {from_hex("c0000201")}),
      tlv(0x82, "*.example.org"),
      tlv(0x87, {from_hex("20010db8000000000000000000000001")}),
  }));
  ASSERT_TRUE(succeeded(names));
  EXPECT_EQ(names->dns, (names_list{"example.org", "*.example.org"}));
  EXPECT_EQ(names->emails, names_list{"a@example.org"});
  EXPECT_EQ(names->uris, names_list{"https://example.org/"});
  ASSERT_EQ(names->ips.size(), 2U);
  EXPECT_EQ(ip_text(names->ips[0]), "192.0.2.1");
  EXPECT_EQ(ip_text(names->ips[1]), "2001:db8::1");
}

TEST(alt_names, of_other_kinds_are_passed_over) {
  const auto names = parse_alt_names(sequence({
      tlv(0xa0, "other"),
      tlv(0xa3, ""),
      tlv(0xa4, {sequence({})}),
      tlv(0xa5, ""),
      tlv(0x88, {from_hex("2a03")}),
  }));
  ASSERT_TRUE(succeeded(names));
  EXPECT_TRUE(names->dns.empty());
  EXPECT_TRUE(names->ips.empty());
}

TEST(alt_names, keep_every_byte) {
  const std::string trap("good.example\0.evil.example", 26);
  const auto names = parse_alt_names(sequence({tlv(0x82, trap), tlv(0x82, "")}));
  ASSERT_TRUE(succeeded(names));
  EXPECT_EQ(names->dns, (names_list{trap, ""}));
}

TEST(alt_names, malformed) {
  const auto wrong = [](const test::bytes& value, std::string_view sentence) {
    EXPECT_TRUE(is_error(parse_alt_names(value), errc::bad_pem, sentence));
  };
  constexpr std::string_view malformed = "subjectAltName: malformed";
  wrong({}, malformed);
  wrong(sequence({}), "subjectAltName: empty");
  wrong(tlv(0x31, {tlv(0x82, "a")}), malformed);
  wrong(sequence({tlv(0x16, "example.org")}), malformed);     // IA5String without its tag
  wrong(sequence({tlv(0xa2, {tlv(0x16, "a")})}), malformed);  // explicit tag
  wrong(sequence({tlv(0x89, "a")}), malformed);               // no such choice
  wrong(sequence({tlv(0x82, "a"), from_hex("8205")}), malformed);
  test::bytes more = sequence({tlv(0x82, "a")});
  more.push_back(std::byte{0});
  wrong(more, malformed);
  wrong(sequence({tlv(0x87, "")}), "subjectAltName: an IP address of 0 bytes");
  wrong(sequence({tlv(0x87, "12345")}), "subjectAltName: an IP address of 5 bytes");
  wrong(sequence({tlv(0x87, "12345678")}), "subjectAltName: an IP address of 8 bytes");
}

TEST(ip_text, is_canonical) {
  constexpr std::array<std::array<std::string_view, 2>, 8> cases{{
      {"00000000", "0.0.0.0"},
      {"ffffffff", "255.255.255.255"},
      {"00000000000000000000000000000000", "::"},
      {"00000000000000000000000000000001", "::1"},
      {"20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"},
      {"20010db8000000000001000000000001", "2001:db8::1:0:0:1"},
      {"fe80000000000000020c29fffe123456", "fe80::20c:29ff:fe12:3456"},
      {"00000000000000000000ffffc0000201", "::ffff:192.0.2.1"},
  }};
  for (const auto& [address, text] : cases) EXPECT_EQ(ip_text(from_hex(address)), text);
  EXPECT_EQ(ip_text({}), "");
  EXPECT_EQ(ip_text(from_hex("0102030405")), "");
}

}  // namespace
}  // namespace stls::x509
