#include "x509/extensions.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::x509 {
namespace {

using test::attribute;
using test::bytes;
using test::from_hex;
using test::oid;
using test::sequence;
using test::tlv;

const bytes yes = tlv(0x01, {from_hex("ff")});
const bytes no = tlv(0x01, {from_hex("00")});

// cut expects that no part of a value from its beginning is good, nor the value with an octet more.
template <class Parser>
void cut(const bytes& value, Parser parse) {
  for (std::size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(parse(der_view(value).first(size)));
  bytes longer = value;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(parse(longer));
}

TEST(basic_constraints, are_read) {
  const auto read = [](const bytes& value) { return parse_basic_constraints(value).value(); };
  EXPECT_FALSE(read(sequence({})).ca);
  EXPECT_FALSE(read(sequence({no})).ca);
  EXPECT_TRUE(read(sequence({yes})).ca);
  EXPECT_FALSE(read(sequence({yes})).path_length);
  const auto length = [&](std::string_view hex) {
    return read(sequence({yes, tlv(0x02, {from_hex(hex)})})).path_length;
  };
  EXPECT_EQ(length("00"), 0U);
  EXPECT_EQ(length("7f"), 127U);
  EXPECT_EQ(length("0080"), 128U);
  EXPECT_EQ(length("7fffffff"), 0x7fffffffU);
  EXPECT_EQ(length("0100000000"), std::numeric_limits<std::uint32_t>::max());
  cut(sequence({yes, tlv(0x02, {from_hex("01")})}), parse_basic_constraints);
}

TEST(basic_constraints, that_are_malformed_are_refused) {
  for (const bytes& bad :
       {sequence({tlv(0x01, {from_hex("01")})}), sequence({tlv(0x01, {from_hex("ffff")})}),
        sequence({yes, tlv(0x02, {from_hex("ff")})}), sequence({yes, tlv(0x02, {from_hex("0001")})}),
        sequence({yes, tlv(0x02, "")}), sequence({yes, yes}), sequence({tlv(0x02, {from_hex("01")}), yes})})
    EXPECT_FALSE(parse_basic_constraints(bad)) << test::to_hex(bad);
}

TEST(key_usage, is_bits) {
  const auto read = [](std::string_view hex) { return parse_key_usage(tlv(0x03, {from_hex(hex)})); };
  EXPECT_TRUE(read("0780")->digital_signature);
  EXPECT_FALSE(read("0780")->key_cert_sign);
  EXPECT_TRUE(read("0520")->key_encipherment);
  EXPECT_TRUE(read("0308")->key_agreement);
  EXPECT_TRUE(read("0204")->key_cert_sign);
  EXPECT_TRUE(read("0102")->crl_sign);
  EXPECT_TRUE(read("070080")) << "decipherOnly";
  EXPECT_TRUE(read("0006")->crl_sign) << "zeros at the end";
  EXPECT_FALSE(read("00"));
  EXPECT_FALSE(read("0000"));
  EXPECT_FALSE(read("0781")) << "unused bits that are set";
  EXPECT_FALSE(parse_key_usage(tlv(0x04, {from_hex("0780")})));
  cut(tlv(0x03, {from_hex("0106")}), parse_key_usage);
}

TEST(extended_key_usage, knows_the_two_of_tls) {
  const bytes server = oid("2b06010505070301");
  const bytes client = oid("2b06010505070302");
  const bytes any = oid("551d2500");
  const bytes sgc = oid("6086480186f8420401");
  const auto both = parse_extended_key_usage(sequence({server, any, client}));
  EXPECT_TRUE(both->server_auth);
  EXPECT_TRUE(both->client_auth);
  const auto neither = parse_extended_key_usage(sequence({any, sgc}));
  EXPECT_FALSE(neither->server_auth);
  EXPECT_FALSE(neither->client_auth);
  EXPECT_FALSE(parse_extended_key_usage(sequence({}))->server_auth);
  EXPECT_FALSE(parse_extended_key_usage(sequence({server, tlv(0x05, "")})));
  EXPECT_FALSE(parse_extended_key_usage(sequence({tlv(0x06, "")})));
  cut(sequence({server, client}), parse_extended_key_usage);
}

TEST(netscape_type, is_bits) {
  EXPECT_TRUE(parse_netscape_type(tlv(0x03, {from_hex("0780")}))->client);
  EXPECT_FALSE(parse_netscape_type(tlv(0x03, {from_hex("0780")}))->server);
  EXPECT_TRUE(parse_netscape_type(tlv(0x03, {from_hex("0640")}))->server);
  cut(tlv(0x03, {from_hex("06c0")}), parse_netscape_type);
}

TEST(key_identifiers, are_read) {
  const bytes own = tlv(0x04, "own");
  EXPECT_TRUE(equal(*parse_subject_key_identifier(own), test::to_bytes("own")));
  cut(own, parse_subject_key_identifier);

  const bytes name = sequence({attribute("550403", 0x0c, "CA")});
  const bytes value = sequence({tlv(0x80, "key"), tlv(0xa1, {tlv(0x82, "dns.example"), tlv(0xa4, {name})}),
                                tlv(0x82, {from_hex("00ff")})});
  const auto read = parse_authority_key_identifier(value);
  ASSERT_TRUE(read);
  EXPECT_TRUE(equal(*read->key, test::to_bytes("key")));
  EXPECT_TRUE(equal(*read->issuer, name));
  EXPECT_TRUE(equal(*read->serial, from_hex("00ff")));
  cut(value, parse_authority_key_identifier);

  const auto empty = parse_authority_key_identifier(sequence({}));
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->key || empty->issuer || empty->serial);
  EXPECT_FALSE(parse_authority_key_identifier(sequence({tlv(0x82, {from_hex("0001")})})));
  EXPECT_FALSE(parse_authority_key_identifier(sequence({tlv(0xa1, {tlv(0xa4, "junk")})})));
  EXPECT_FALSE(parse_authority_key_identifier(sequence({tlv(0x82, {from_hex("01")}), tlv(0x80, "key")})));
}

}  // namespace
}  // namespace stls::x509
