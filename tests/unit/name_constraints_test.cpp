#include "x509/name_constraints.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"
#include "support/path_certificates.hpp"

namespace stls::x509 {
namespace {

using namespace std::string_view_literals;
using test::attribute;
using test::bytes;
using test::from_hex;
using test::sequence;
using test::tlv;

constexpr std::uint8_t other_name = 0xa0;
constexpr std::uint8_t mailbox = 0x81;
constexpr std::uint8_t dns = 0x82;
constexpr std::uint8_t directory = 0xa4;
constexpr std::uint8_t uri = 0x86;
constexpr std::uint8_t ip = 0x87;
constexpr std::uint8_t registered_id = 0x88;

bytes subtree_of(std::uint8_t kind, std::string_view base) { return sequence({tlv(kind, base)}); }
bytes permitting(std::initializer_list<bytes> subtrees) { return sequence({tlv(0xa0, subtrees)}); }
bytes excluding(std::initializer_list<bytes> subtrees) { return sequence({tlv(0xa1, subtrees)}); }

name_verdict judged(const bytes& constraints, std::uint8_t kind, std::string_view name) {
  const auto parsed = parse_name_constraints(constraints);
  std::size_t budget = 1000;
  return judge_names(parsed.value(), {{static_cast<tag>(kind), std::string(name)}}, budget);
}

// Whether a name is in a subtree; permitting and excluding must say the same.
bool within(std::uint8_t kind, std::string_view name, std::string_view base) {
  const auto permitted = judged(permitting({subtree_of(kind, base)}), kind, name);
  const auto excluded = judged(excluding({subtree_of(kind, base)}), kind, name);
  const bool inside = permitted == name_verdict::good;
  EXPECT_EQ(permitted, inside ? name_verdict::good : name_verdict::not_permitted)
      << name << " below " << base;
  EXPECT_EQ(excluded, inside ? name_verdict::excluded : name_verdict::good) << name << " below " << base;
  return inside;
}
bool without_syntax(std::uint8_t kind, std::string_view name, std::string_view base) {
  return judged(permitting({subtree_of(kind, base)}), kind, name) == name_verdict::unsupported_syntax &&
         judged(excluding({subtree_of(kind, base)}), kind, name) == name_verdict::unsupported_syntax;
}

TEST(name_constraints, of_dns_names) {
  EXPECT_TRUE(within(dns, "example.org", "example.org"));
  EXPECT_TRUE(within(dns, "a.b.Example.ORG", "example.org"));
  EXPECT_TRUE(within(dns, "anything", ""));
  EXPECT_TRUE(within(dns, "a.example.org", ".example.org"));
  EXPECT_TRUE(within(dns, "*.example.org", "example.org"));
  EXPECT_FALSE(within(dns, "example.org", ".example.org"));
  EXPECT_FALSE(within(dns, "badexample.org", "example.org"));
  EXPECT_FALSE(within(dns, "example.org", "a.example.org"));
  EXPECT_FALSE(within(dns, "org", "example.org"));
}

TEST(name_constraints, exclude_a_wildcard_that_covers_an_excluded_name) {
  const auto excluded = [](std::string_view name, std::string_view base) {
    return judged(excluding({subtree_of(dns, base)}), dns, name) == name_verdict::excluded;
  };
  EXPECT_TRUE(excluded("*.example.org", "www.EXAMPLE.org"));
  EXPECT_FALSE(excluded("*.example.org", "a.www.example.org"));
  EXPECT_FALSE(excluded("*.example.org", ".www.example.org"));
  EXPECT_FALSE(excluded("*.example.org", "www.example.com"));
  EXPECT_EQ(judged(permitting({subtree_of(dns, "www.example.org")}), dns, "*.example.org"),
            name_verdict::not_permitted);
}

TEST(name_constraints, of_mailboxes) {
  EXPECT_TRUE(within(mailbox, "a@example.org", "example.org"));
  EXPECT_TRUE(within(mailbox, "a@Example.org", "a@example.ORG"));
  EXPECT_TRUE(within(mailbox, "a@mx.example.org", ".example.org"));
  EXPECT_TRUE(within(mailbox, "\"@b\"@example.org", "example.org"));
  EXPECT_FALSE(within(mailbox, "A@example.org", "a@example.org"));
  EXPECT_FALSE(within(mailbox, "a@mx.example.org", "example.org"));
  EXPECT_FALSE(within(mailbox, "a@example.org", ".example.org"));
  EXPECT_TRUE(without_syntax(mailbox, "example.org", "example.org"));
}

TEST(name_constraints, of_utf8_mailboxes_are_not_known) {
  const std::string smtp = test::to_text(test::oid("2b06010505070809")) + "rest";
  EXPECT_EQ(judged(permitting({subtree_of(mailbox, "example.org")}), other_name, smtp),
            name_verdict::unsupported_kind);
  EXPECT_EQ(judged(permitting({subtree_of(dns, "example.org")}), other_name, smtp), name_verdict::good);
  EXPECT_EQ(judged(permitting({subtree_of(mailbox, "example.org")}), other_name,
                   test::to_text(test::oid("2b06010505070807")) + "rest"),
            name_verdict::good);
}

TEST(name_constraints, of_uris) {
  EXPECT_TRUE(within(uri, "https://example.org/path", "example.org"));
  EXPECT_TRUE(within(uri, "https://Example.org:443", "example.ORG"));
  EXPECT_TRUE(within(uri, "spiffe://a.example.org/x", ".example.org"));
  EXPECT_FALSE(within(uri, "https://a.example.org/", "example.org"));
  EXPECT_FALSE(within(uri, "https://example.org/", ".example.org"));
  EXPECT_FALSE(within(uri, "https://evil.example?example.org", "example.org"));
  for (const std::string_view odd :
       {"urn:example", "https:example.org", "example.org", "https://", "https:///x", "https://192.0.2.1/",
        "https://[2001:db8::1]/", "https://example.org@evil.example/", "https://example.org:x@evil.example/"})
    EXPECT_TRUE(without_syntax(uri, odd, "example.org")) << odd;
}

TEST(name_constraints, of_addresses) {
  const auto v4 = "\xc0\x00\x02\x01"sv;
  EXPECT_TRUE(within(ip, v4, "\xc0\x00\x02\x00\xff\xff\xff\x00"sv));
  EXPECT_TRUE(within(ip, v4, "\x00\x00\x00\x00\x00\x00\x00\x00"sv));
  EXPECT_TRUE(within(ip, v4, "\xc0\x00\x02\x01\xff\xff\xff\xff"sv));
  EXPECT_TRUE(within(ip, v4, "\xc0\x00\x03\x01\xff\xff\xfe\x00"sv));
  EXPECT_FALSE(within(ip, v4, "\xc0\x00\x03\x01\xff\xff\xff\x00"sv));
  EXPECT_FALSE(within(ip, v4, std::string(32, '\0'))) << "other family";
  EXPECT_TRUE(without_syntax(ip, v4, "\xc0\x00\x02\x01\xff\x00\xff\x00"sv)) << "a mask with holes";
  EXPECT_TRUE(without_syntax(ip, v4, "\xc0\x00\x02\x01\x7f\xff\xff\xff"sv));
  EXPECT_TRUE(without_syntax(ip, v4, "\xc0\x00\x02\x01"sv));
}

TEST(name_constraints, bind_kind_by_kind) {
  const bytes constraints = permitting({subtree_of(dns, "example.org"), subtree_of(dns, "example.com")});
  EXPECT_EQ(judged(constraints, dns, "a.example.com"), name_verdict::good);
  EXPECT_EQ(judged(constraints, dns, "example.net"), name_verdict::not_permitted);
  EXPECT_EQ(judged(constraints, ip, "\x7f\x00\x00\x01"sv), name_verdict::good);
  EXPECT_EQ(judged(permitting({subtree_of(registered_id, "\x2a")}), registered_id, "\x2a"),
            name_verdict::unsupported_kind);
  EXPECT_EQ(judged(permitting({subtree_of(registered_id, "\x2a")}), dns, "a"), name_verdict::good);
  const bytes both = sequence(
      {tlv(0xa0, {subtree_of(dns, "example.org")}), tlv(0xa1, {subtree_of(dns, "bad.example.org")})});
  EXPECT_EQ(judged(both, dns, "a.example.org"), name_verdict::good);
  EXPECT_EQ(judged(both, dns, "a.bad.example.org"), name_verdict::excluded);
}

TEST(name_constraints, with_a_minimum_or_maximum_are_not_obeyed_halfway) {
  const auto with = [](std::initializer_list<bytes> more) {
    bytes content = tlv(dns, "example.org");
    for (const bytes& one : more) test::append(content, one);
    return permitting({tlv(0x30, {content})});
  };
  EXPECT_EQ(judged(with({tlv(0x80, {from_hex("00")})}), dns, "example.org"), name_verdict::good);
  EXPECT_EQ(judged(with({tlv(0x80, {from_hex("01")})}), dns, "example.org"), name_verdict::not_whole);
  EXPECT_EQ(judged(with({tlv(0x81, {from_hex("00")})}), dns, "example.org"), name_verdict::not_whole);
  EXPECT_EQ(judged(with({tlv(0x81, {from_hex("00")})}), ip, "\x7f\x00\x00\x01"sv), name_verdict::good);
  EXPECT_FALSE(parse_name_constraints(with({tlv(0x80, "")})));
  EXPECT_FALSE(parse_name_constraints(with({tlv(0x82, {from_hex("00")})})));
}

TEST(name_constraints, that_are_malformed_are_refused) {
  EXPECT_TRUE(parse_name_constraints(sequence({})));
  const bytes good = permitting({subtree_of(dns, "example.org")});
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_name_constraints(der_view(good).first(size)));
  EXPECT_FALSE(parse_name_constraints(permitting({sequence({})})));
  EXPECT_FALSE(parse_name_constraints(permitting({tlv(directory, "junk")})));
  EXPECT_FALSE(parse_name_constraints(permitting({sequence({tlv(directory, "junk")})})));
  EXPECT_FALSE(parse_name_constraints(sequence({tlv(0xa1, ""), tlv(0xa0, "")})));
}

TEST(name_constraints, take_no_more_comparisons_than_allowed) {
  const auto parsed = parse_name_constraints(permitting({subtree_of(dns, "a"), subtree_of(dns, "b")}));
  const std::vector<general_name> names(10, {static_cast<tag>(dns), "a"});
  std::size_t budget = 20;
  EXPECT_EQ(judge_names(*parsed, names, budget), name_verdict::good);
  EXPECT_EQ(budget, 0);
  budget = 19;
  EXPECT_EQ(judge_names(*parsed, names, budget), name_verdict::too_many_comparisons);
}

TEST(constrained_names, are_all_of_a_certificate) {
  const auto of = [](const std::string& name, bool leaf) {
    const bytes der = test::path_certificate(name);
    const auto names = constrained_names(parse_certificate(der).value(), leaf);
    std::string kinds;
    for (const auto& one : names.value())
      kinds += test::to_hex(std::vector<std::byte>{static_cast<std::byte>(one.choice)}) + " ";
    return kinds;
  };
  EXPECT_EQ(of("plain", true), "a4 82 87 ");
  EXPECT_EQ(of("mail", true), "a4 82 81 ");
  EXPECT_EQ(of("name-in-cn", true), "a4 82 87 ");
  EXPECT_EQ(of("name-in-cn", false), "a4 87 ");
  EXPECT_EQ(of("ca", true), "a4 ") << "no dot in the CN";
}

TEST(constrained_names, take_mailboxes_from_the_subject) {
  const auto of = [](std::uint8_t type, std::string_view value) {
    const bytes subject = sequence({attribute("2a864886f70d010901", type, value)});
    certificate c;
    c.subject = subject;
    return constrained_names(c, true);
  };
  const auto found = of(0x16, "a@example.org");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2);
  EXPECT_EQ((*found)[1].text, "a@example.org");
  EXPECT_FALSE(of(0x0c, "a@example.org")) << "not an IA5String";
}

TEST(constrained_names, take_common_names_that_look_like_dns_names) {
  const auto count = [](std::string_view value) {
    const bytes subject = sequence({attribute("550403", 0x0c, value)});
    certificate c;
    c.subject = subject;
    const auto found = constrained_names(c, true);
    return found ? static_cast<int>(found->size()) - 1 : -1;
  };
  for (const std::string_view name : {"a.example"sv, "A_1.b-c.example"sv, "192.0.2.1"sv, "a.example\0"sv})
    EXPECT_EQ(count(name), 1) << name;
  for (const std::string_view name :
       {"localhost", "a b.example", "-a.example", "a-.example", "a..b", ".a.b", "a.b."})
    EXPECT_EQ(count(name), 0) << name;
  EXPECT_EQ(count("a.exam\0ple"sv), -1);
}

}  // namespace
}  // namespace stls::x509
