#include "x509/public_key.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"
#include "x509/path_judgement.hpp"

namespace stls::x509 {
namespace {

using test::bytes;
using test::from_hex;
using test::oid;
using test::sequence;
using test::tlv;

const std::string_view rsa = "2a864886f70d010101";
const std::string_view rsa_pss = "2a864886f70d01010a";
const std::string_view ec = "2a8648ce3d0201";
const std::string_view p256 = "2a8648ce3d030107";
const bytes null = tlv(0x05, "");

bytes octets(std::size_t n, unsigned first, unsigned last) {
  bytes out(n, std::byte{0x11});
  out.front() = static_cast<std::byte>(first);
  out.back() = static_cast<std::byte>(last);
  return out;
}
bytes bit_string(const bytes& content, std::string_view unused = "00") {
  return tlv(0x03, {from_hex(unused), content});
}
bytes rsa_spki(const bytes& modulus, const bytes& exponent = from_hex("010001"),
               const bytes& parameters = null, std::string_view algorithm = rsa) {
  return sequence({sequence({oid(algorithm), parameters}),
                   bit_string(sequence({tlv(0x02, {modulus}), tlv(0x02, {exponent})}))});
}
bytes ec_spki(const bytes& parameters, const bytes& point) {
  return sequence({sequence({oid(ec), parameters}), bit_string(point)});
}
bytes modulus_of(std::size_t size) {
  bytes out{std::byte{0}};
  test::append(out, octets(size, 0xc1, 0x11));
  return out;
}

TEST(public_key, of_rsa_is_numbers_without_leading_zeros) {
  const bytes modulus = modulus_of(256);
  const bytes der = rsa_spki(modulus);
  const auto key = parse_public_key(der);
  ASSERT_TRUE(key);
  const auto& parsed = std::get<rsa_key>(*key);
  EXPECT_TRUE(equal(parsed.modulus, der_view(modulus).subspan(1)));
  EXPECT_TRUE(equal(parsed.exponent, from_hex("010001")));
  EXPECT_EQ(parsed.bits, 2048);
  EXPECT_FALSE(parsed.pss_only);
}

TEST(public_key, of_rsa_counts_bits) {
  const auto bits = [](const bytes& modulus) {
    const bytes der = rsa_spki(modulus);
    return std::get<rsa_key>(*parse_public_key(der)).bits;
  };
  EXPECT_EQ(bits(octets(256, 0x7f, 1)), 2047);
  EXPECT_EQ(bits(octets(128, 0x01, 1)), 1017);
  EXPECT_EQ(bits(from_hex("03")), 2);
}

TEST(public_key, of_rsa_for_pss_says_so) {
  const bytes der = rsa_spki(modulus_of(256), from_hex("03"), sequence({}), rsa_pss);
  EXPECT_TRUE(std::get<rsa_key>(*parse_public_key(der)).pss_only);
}

TEST(public_key, of_rsa_that_would_cost_or_mean_nothing_is_refused) {
  const bytes good = modulus_of(256);
  EXPECT_TRUE(parse_public_key(rsa_spki(modulus_of(2048))));
  EXPECT_FALSE(parse_public_key(rsa_spki(modulus_of(2049))));
  EXPECT_FALSE(parse_public_key(rsa_spki(octets(256, 0x7f, 0x10)))) << "even modulus";
  EXPECT_FALSE(parse_public_key(rsa_spki(octets(256, 0x80, 0x11)))) << "negative modulus";
  EXPECT_FALSE(parse_public_key(rsa_spki(octets(256, 0x00, 0x11)))) << "not DER";
  EXPECT_FALSE(parse_public_key(rsa_spki(from_hex("00"))));
  EXPECT_TRUE(parse_public_key(rsa_spki(good, octets(8, 0x7f, 1))));
  EXPECT_FALSE(parse_public_key(rsa_spki(good, octets(9, 0x7f, 1)))) << "exponent too large";
  EXPECT_FALSE(parse_public_key(rsa_spki(good, from_hex("01"))));
  EXPECT_FALSE(parse_public_key(rsa_spki(good, from_hex("02"))));
  EXPECT_FALSE(parse_public_key(rsa_spki(good, from_hex("03"), sequence({})))) << "parameters";
}

TEST(public_key, of_a_known_curve_has_a_point_of_its_size) {
  const auto point = [](unsigned form, std::size_t size) {
    bytes out{static_cast<std::byte>(form)};
    out.resize(1 + size, std::byte{0x22});
    return out;
  };
  const bytes uncompressed = point(4, 64);
  const bytes der = ec_spki(oid(p256), uncompressed);
  const auto key = parse_public_key(der);
  ASSERT_TRUE(key);
  EXPECT_EQ(std::get<ec_key>(*key).on, curve::p256);
  EXPECT_EQ(std::get<ec_key>(*key).bits, 256);
  EXPECT_TRUE(equal(std::get<ec_key>(*key).point, uncompressed));
  EXPECT_TRUE(parse_public_key(ec_spki(oid(p256), point(2, 32))));
  EXPECT_TRUE(parse_public_key(ec_spki(oid("2b81040022"), point(4, 96))));
  EXPECT_TRUE(parse_public_key(ec_spki(oid("2b81040023"), point(4, 132))));
  for (const bytes& bad :
       {point(4, 96), point(4, 65), point(4, 62), point(2, 64), point(6, 64), point(0, 0), bytes()})
    EXPECT_FALSE(parse_public_key(ec_spki(oid(p256), bad))) << test::to_hex(bad);
  EXPECT_FALSE(parse_public_key(ec_spki(null, uncompressed)));
  EXPECT_FALSE(parse_public_key(sequence({sequence({oid(ec)}), bit_string(uncompressed)})));
}

TEST(public_key, of_another_curve_is_measured_by_its_point) {
  const auto of = [](const bytes& parameters, std::size_t coordinate) {
    bytes point(1 + 2 * coordinate, std::byte{0x22});
    point[0] = std::byte{4};
    return std::get<ec_key>(parse_public_key(ec_spki(parameters, point)).value());
  };
  EXPECT_EQ(of(oid("2b8104000a"), 32).on, curve::other);  // secp256k1
  EXPECT_EQ(of(oid("2b8104000a"), 32).bits, 256);
  EXPECT_EQ(of(oid("2a8648ce3d030101"), 24).bits, 192);  // P-192
  EXPECT_TRUE(of(oid("2b8104000a"), 32).named);
  EXPECT_FALSE(of(sequence({tlv(0x02, {from_hex("01")})}), 32).named);
}

TEST(public_key, of_edwards_curves_has_one_size_and_no_parameters) {
  const auto spki = [](std::string_view type, std::size_t size, const bytes& parameters = {}) {
    return sequence({sequence({oid(type), parameters}), bit_string(bytes(size, std::byte{1}))});
  };
  EXPECT_TRUE(std::holds_alternative<ed25519_key>(parse_public_key(spki("2b6570", 32)).value()));
  EXPECT_TRUE(std::holds_alternative<ed448_key>(parse_public_key(spki("2b6571", 57)).value()));
  EXPECT_FALSE(parse_public_key(spki("2b6570", 31)));
  EXPECT_FALSE(parse_public_key(spki("2b6571", 58)));
  EXPECT_FALSE(parse_public_key(spki("2b6570", 32, null)));
  EXPECT_FALSE(parse_public_key(spki("2b6571", 57, null)));
  const bytes dsa = spki("2a8648ce380401", 10, null);
  EXPECT_TRUE(
      equal(std::get<unknown_key>(parse_public_key(dsa).value()).algorithm, from_hex("2a8648ce380401")));
}

TEST(public_key, that_is_malformed_is_refused) {
  const bytes good = rsa_spki(modulus_of(256));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_public_key(der_view(good).first(size)));
  bytes longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(parse_public_key(longer));
  const bytes pair = sequence({tlv(0x02, {modulus_of(256)}), tlv(0x02, {from_hex("03")})});
  EXPECT_FALSE(parse_public_key(sequence({sequence({oid(rsa), null}), bit_string(pair, "01")})));
  EXPECT_FALSE(parse_public_key(sequence({sequence({oid(rsa), null, null}), bit_string(pair)})));
  EXPECT_FALSE(parse_public_key(sequence({sequence({oid(rsa), null}), bit_string(pair), null})));
}

TEST(public_key, below_112_bits_is_weak) {
  EXPECT_TRUE(weak(std::nullopt));
  EXPECT_TRUE(weak(unknown_key{}));
  EXPECT_TRUE(weak(rsa_key{{}, {}, 2047}));
  EXPECT_FALSE(weak(rsa_key{{}, {}, 2048}));
  EXPECT_TRUE(weak(ec_key{.bits = 192}));
  EXPECT_FALSE(weak(ec_key{.bits = 224}));
  EXPECT_FALSE(weak(ed25519_key{}));
}

}  // namespace
}  // namespace stls::x509
