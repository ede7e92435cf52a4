// Public keys of certificates.
#include "x509/public_key.hpp"

#include <array>
#include <bit>
#include <cstdint>

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::size_t modulus_limit = 16384 / 8;
constexpr std::size_t exponent_limit = 64 / 8;
constexpr std::size_t coordinate_limit = 72;  // sect571's
constexpr std::size_t ed25519_size = 32;
constexpr std::size_t ed448_size = 57;

template <class... Octets>
constexpr std::array<std::byte, sizeof...(Octets)> octets(Octets... values) noexcept {
  return {static_cast<std::byte>(values)...};
}

constexpr auto rsa_oid =
    octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);  // 1.2.840.113549.1.1.1
constexpr auto rsa_pss_oid = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a);  // ... .10
constexpr auto ec_oid = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);          // 1.2.840.10045.2.1
constexpr auto ed25519_oid = octets(0x2b, 0x65, 0x70);                             // 1.3.101.112
constexpr auto ed448_oid = octets(0x2b, 0x65, 0x71);                               // 1.3.101.113
constexpr auto p256_oid = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);  // 1.2.840.10045.3.1.7
constexpr auto p384_oid = octets(0x2b, 0x81, 0x04, 0x00, 0x22);                    // 1.3.132.0.34
constexpr auto p521_oid = octets(0x2b, 0x81, 0x04, 0x00, 0x23);                    // 1.3.132.0.35

// positive_odd gives the octets of a positive odd INTEGER without the leading 00.
std::optional<der_view> positive_odd(const std::optional<der_value>& number) noexcept {
  if (!number || !valid_integer(number->content)) return std::nullopt;
  der_view content = number->content;
  if ((std::to_integer<unsigned>(content[0]) & 0x80U) != 0) return std::nullopt;
  if (content[0] == std::byte{0}) content = content.subspan(1);
  if (content.empty() || (std::to_integer<unsigned>(content.back()) & 1U) == 0) return std::nullopt;
  return content;
}

std::size_t bits_of(der_view number) noexcept {
  return (number.size() - 1) * 8 +
         static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(number[0])));
}

std::optional<public_key> parse_rsa(der_view key, bool pss_only) noexcept {
  der_reader outer(key);
  const auto pair = outer.next(tag::sequence);
  if (!pair || !outer.at_end()) return std::nullopt;
  der_reader reader(pair->content);
  const auto modulus = positive_odd(reader.next(tag::integer));
  const auto exponent = positive_odd(reader.next(tag::integer));
  if (!modulus || !exponent || !reader.at_end()) return std::nullopt;
  if (modulus->size() > modulus_limit || exponent->size() > exponent_limit) return std::nullopt;
  if (bits_of(*exponent) == 1) return std::nullopt;
  return rsa_key{*modulus, *exponent, bits_of(*modulus), pss_only};
}

struct field {
  curve on;
  std::size_t bits;
  std::size_t coordinate;  // octets
};

std::optional<field> named_field(der_view oid) noexcept {
  if (equal(oid, p256_oid)) return field{curve::p256, 256, 32};
  if (equal(oid, p384_oid)) return field{curve::p384, 384, 48};
  if (equal(oid, p521_oid)) return field{curve::p521, 521, 66};
  return std::nullopt;
}

// coordinate_size is the number of octets of a coordinate, as the form of the point tells it.
std::optional<std::size_t> coordinate_size(der_view point) noexcept {
  if (point.size() < 2) return std::nullopt;
  std::size_t size = point.size() - 1;
  switch (std::to_integer<unsigned>(point[0])) {
    case 0x02:
    case 0x03:
      break;
    case 0x04:
      if (size % 2 != 0) return std::nullopt;
      size /= 2;
      break;
    default:
      return std::nullopt;
  }
  if (size > coordinate_limit) return std::nullopt;
  return size;
}

std::optional<public_key> parse_ec(const std::optional<der_value>& parameters, der_view point) noexcept {
  const auto size = coordinate_size(point);
  if (!size || !parameters) return std::nullopt;
  if (parameters->type == tag::sequence) return ec_key{curve::other, false, point, *size * 8};
  if (parameters->type != tag::oid || !valid_oid(parameters->content)) return std::nullopt;
  const auto known = named_field(parameters->content);
  if (!known) return ec_key{curve::other, true, point, *size * 8};
  if (known->coordinate != *size) return std::nullopt;
  return ec_key{known->on, true, point, known->bits};
}

bool absent_or_null(const std::optional<der_value>& parameters) noexcept {
  return !parameters || (parameters->type == tag::null && parameters->content.empty());
}

}  // namespace

std::optional<public_key> parse_public_key(der_view subject_public_key_info) noexcept {
  der_reader outer(subject_public_key_info);
  const auto whole = outer.next(tag::sequence);
  if (!whole || !outer.at_end()) return std::nullopt;
  der_reader reader(whole->content);
  const auto algorithm = reader.next(tag::sequence);
  const auto bits = reader.next(tag::bit_string);
  if (!algorithm || !bits || !reader.at_end() || bits->content.empty()) return std::nullopt;
  if (bits->content[0] != std::byte{0}) return std::nullopt;  // all keys fill whole octets
  const der_view key = bits->content.subspan(1);

  der_reader inside(algorithm->content);
  const auto oid = inside.next(tag::oid);
  std::optional<der_value> parameters;
  if (oid && !inside.at_end()) parameters = inside.next();
  if (!oid || !valid_oid(oid->content) || !inside.at_end()) return std::nullopt;

  if (equal(oid->content, rsa_oid)) return absent_or_null(parameters) ? parse_rsa(key, false) : std::nullopt;
  if (equal(oid->content, rsa_pss_oid)) return parse_rsa(key, true);
  if (equal(oid->content, ec_oid)) return parse_ec(parameters, key);
  if (equal(oid->content, ed25519_oid)) {
    if (parameters || key.size() != ed25519_size) return std::nullopt;
    return ed25519_key{key};
  }
  if (equal(oid->content, ed448_oid)) {
    if (parameters || key.size() != ed448_size) return std::nullopt;
    return ed448_key{key};
  }
  return unknown_key{oid->content};
}

}  // namespace x509

STLS_NAMESPACE_END
