#include "x509/server_name.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/expect.hpp"

namespace stls::x509 {
namespace {

using test::from_hex;
using test::is_error;
using test::succeeded;

server_name name_of(std::string_view text) {
  auto name = parse_server_name(text);
  EXPECT_TRUE(succeeded(name)) << text;
  return name ? *name : server_name();
}

alt_names with_dns(std::vector<std::string> dns) {
  alt_names names;
  names.dns = std::move(dns);
  return names;
}

bool matches(std::string_view san, std::string_view name) {
  return names(with_dns({std::string(san)}), name_of(name));
}

TEST(server_name, dns_names) {
  EXPECT_EQ(name_of("example.org").text, "example.org");
  EXPECT_EQ(name_of("EXAMPLE.Org.").text, "example.org");
  EXPECT_EQ(name_of("localhost").text, "localhost");
  EXPECT_EQ(name_of("xn--bcher-kva.example").text, "xn--bcher-kva.example");
  EXPECT_EQ(name_of("_a-b_.1.example").text, "_a-b_.1.example");
  EXPECT_EQ(name_of("4.3.2.1.in-addr.arpa").text, "4.3.2.1.in-addr.arpa");
  EXPECT_EQ(name_of("1.2.3.4a").text, "1.2.3.4a");
  EXPECT_FALSE(name_of("example.org").is_ip());
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_EQ(name_of(longest).text, longest);
  EXPECT_EQ(name_of(longest + ".").text, longest);
}

TEST(server_name, addresses) {
  EXPECT_EQ(name_of("192.0.2.1").ip, from_hex("c0000201"));
  EXPECT_EQ(name_of("192.0.2.1").text, "192.0.2.1");
  EXPECT_EQ(name_of("2001:DB8::1").ip, from_hex("20010db8000000000000000000000001"));
  EXPECT_EQ(name_of("2001:DB8::1").text, "2001:db8::1");
  EXPECT_EQ(name_of("::ffff:192.0.2.1").ip, from_hex("00000000000000000000ffffc0000201"));
  EXPECT_TRUE(name_of("::").is_ip());
}

TEST(server_name, refused) {
  const auto wrong = [](std::string_view name, std::string_view sentence) {
    EXPECT_TRUE(is_error(parse_server_name(name), errc::invalid_argument, sentence)) << name;
  };
  wrong("", "servername: empty; set insecure_noverifyname if the name of the server shall not be verified");
  wrong(std::string_view("a\0b", 3), R"(servername: 'a\x00b' holds a NUL byte)");
  wrong(std::string_view("192.0.2.1\0", 10), R"(servername: '192.0.2.1\x00' holds a NUL byte)");
  wrong(
      "b\xC3\xBC"
      "cher.example",
      R"(servername: 'b\xC3\xBCcher.example' is not ASCII; use its A-label (xn--...))");
  wrong(std::string(255, 'a') + ".", "servername: 255 bytes, the limit is 253");
  wrong(std::string(64, 'a') + ".example", "servername: label of 64 bytes, the limit is 63");
  wrong(".", "servername: '' has an empty label");
  wrong("a..b", "servername: 'a..b' has an empty label");
  wrong(".example.org", "servername: '.example.org' has an empty label");
  wrong("example.org..", "servername: 'example.org.' has an empty label");
  wrong("*.example.org", "servername: '*.example.org' is a wildcard; name one server");
  wrong("[::1]", "servername: '[::1]' is in brackets; an IPv6 address stands without");
  wrong("fe80::1%eth0", "servername: 'fe80::1%eth0' has a zone; certificates do not know zones");
  wrong("example.org:443", "servername: 'example.org:443' is neither a DNS name nor an IP address");
  wrong("a b", "servername: 'a b' is neither a DNS name nor an IP address");
  wrong("https://example.org/", "servername: 'https://example.org/' is neither a DNS name nor an IP address");
}

TEST(server_name, what_a_resolver_would_take_for_an_address_is_refused) {
  for (const char* const name : {"192.0.2.1.", "192.0.2.256", "192.0.2", "127.1", "2130706433", "192.0.2.1.5",
                                 "0x7f000001", "0X7f.1", "0x7f.0.0.1", "192.000.002.001", "0x"}) {
    const auto parsed = parse_server_name(name);
    EXPECT_TRUE(is_error(parsed, errc::invalid_argument));
    EXPECT_TRUE(parsed || parsed.error().message.ends_with(" looks like an IPv4 address, but is none"))
        << name;
  }
}

TEST(names, exactly) {
  EXPECT_TRUE(matches("example.org", "example.org"));
  EXPECT_TRUE(matches("EXAMPLE.org", "example.ORG."));
  EXPECT_TRUE(matches("localhost", "localhost"));
  EXPECT_FALSE(matches("example.org", "www.example.org"));
  EXPECT_FALSE(matches("www.example.org", "example.org"));
  EXPECT_FALSE(matches("xample.org", "example.org"));
  EXPECT_FALSE(matches("", "example.org"));
  EXPECT_FALSE(matches(".", "example.org"));
}

TEST(names, trailing_dot_in_a_certificate_matches_nothing) {
  EXPECT_FALSE(matches("example.org.", "example.org"));
  EXPECT_FALSE(matches("example.org.", "example.org."));
  EXPECT_FALSE(matches("*.example.org.", "www.example.org"));
  EXPECT_FALSE(matches("*.org.", "example.org."));
}

TEST(names, wildcards_stand_for_one_whole_label) {
  EXPECT_TRUE(matches("*.example.org", "www.example.org"));
  EXPECT_TRUE(matches("*.EXAMPLE.org", "WWW.example.org."));
  EXPECT_TRUE(matches("*.example.org", "xn--bcher-kva.example.org"));
  EXPECT_FALSE(matches("*.example.org", "example.org"));
  EXPECT_FALSE(matches("*.example.org", "a.b.example.org"));
  EXPECT_FALSE(matches("*.example.org", "wwwexample.org"));
  EXPECT_FALSE(matches("w*.example.org", "www.example.org"));
  EXPECT_FALSE(matches("*w.example.org", "www.example.org"));
  EXPECT_FALSE(matches("w*w.example.org", "www.example.org"));
  EXPECT_FALSE(matches("**.example.org", "www.example.org"));
  EXPECT_FALSE(matches("*.*.org", "www.example.org"));
  EXPECT_FALSE(matches("www.*.org", "www.example.org"));
  EXPECT_FALSE(matches("www.*", "www.org"));
  EXPECT_FALSE(matches("xn--*.example.org", "xn--a.example.org"));
  EXPECT_FALSE(matches(".example.org", "www.example.org"));
}

TEST(names, wildcards_are_not_for_the_top_level) {
  EXPECT_FALSE(matches("*", "localhost"));
  EXPECT_FALSE(matches("*.", "localhost"));
  EXPECT_FALSE(matches("*.org", "example.org"));
  EXPECT_FALSE(matches("*..org", "example.org"));
  EXPECT_FALSE(matches("*.localhost", "a.localhost"));
}

TEST(names, a_certificate_with_odd_bytes_matches_nothing) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(matches("example.org\0"sv, "example.org"));
  EXPECT_FALSE(matches("example.org\0.evil.example"sv, "example.org"));
  EXPECT_FALSE(matches("*.example.org\0.evil.example"sv, "www.example.org"));
  EXPECT_FALSE(matches(" example.org", "example.org"));
  EXPECT_FALSE(matches("example.org\n", "example.org"));
  EXPECT_FALSE(matches("ex\xE4mple.org", "example.org"));
  EXPECT_FALSE(matches("*.\xE4.org", "www.a.org"));
}

TEST(names, of_any_number) {
  const alt_names many = with_dns({"a.example", "*.b.example", "c.example"});
  EXPECT_TRUE(names(many, name_of("c.example")));
  EXPECT_TRUE(names(many, name_of("x.b.example")));
  EXPECT_FALSE(names(many, name_of("b.example")));
  EXPECT_FALSE(names(alt_names(), name_of("a.example")));
  EXPECT_FALSE(names(many, server_name()));
}

TEST(names, addresses_match_addresses_only) {
  alt_names names_of_host = with_dns({"192.0.2.1", "*.0.2.1", "::1", "example.org"});
  EXPECT_FALSE(names(names_of_host, name_of("192.0.2.1")));
  EXPECT_FALSE(names(names_of_host, name_of("::1")));
  names_of_host.emails = {"192.0.2.1"};
  names_of_host.uris = {"https://192.0.2.1/"};
  EXPECT_FALSE(names(names_of_host, name_of("192.0.2.1")));
  names_of_host.ips = {from_hex("c0000201")};
  EXPECT_TRUE(names(names_of_host, name_of("192.0.2.1")));
  EXPECT_FALSE(names(names_of_host, name_of("192.0.2.2")));

  alt_names address;
  address.ips = {test::to_bytes("a.bc")};  // the bytes of a name are no name
  EXPECT_FALSE(names(address, name_of("a.bc")));
}

TEST(names, mapped_addresses_are_not_the_same) {
  alt_names v4;
  v4.ips = {from_hex("c0000201")};
  alt_names mapped;
  mapped.ips = {from_hex("00000000000000000000ffffc0000201")};
  EXPECT_FALSE(names(v4, name_of("::ffff:192.0.2.1")));
  EXPECT_FALSE(names(mapped, name_of("192.0.2.1")));
  EXPECT_TRUE(names(mapped, name_of("::ffff:c000:201")));
}

TEST(choose, exact_before_wildcard_before_first) {
  const std::vector<alt_names> shown{with_dns({"other.example"}), with_dns({"*.example.org", "b.example"}),
                                     with_dns({"www.example.org"}),
                                     with_dns({"*.example.org", "www.example.org"})};
  EXPECT_EQ(choose(shown, "www.example.org"), 2U);
  EXPECT_EQ(choose(shown, "WWW.example.org."), 2U);
  EXPECT_EQ(choose(shown, "ftp.example.org"), 1U);
  EXPECT_EQ(choose(shown, "b.example"), 1U);
  EXPECT_EQ(choose(shown, "a.b.example"), 0U);
  EXPECT_EQ(choose(shown, "unknown.example"), 0U);
}

TEST(choose, unusable_names_get_the_first) {
  alt_names odd = with_dns({"192.0.2.1", "", "*.example.org"});
  odd.ips = {from_hex("c0000201")};
  const std::vector<alt_names> shown{with_dns({"first.example"}), odd};
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "."sv, "192.0.2.1"sv, "::1"sv, "*.example.org"sv, ".example.org"sv, "a\0.example.org"sv,
        "a..example.org"sv, "a.example.org.."sv}) {
    EXPECT_EQ(choose(shown, name), 0U) << name;
  }
  EXPECT_EQ(choose({}, "a.example"), 0U);
}

}  // namespace
}  // namespace stls::x509
