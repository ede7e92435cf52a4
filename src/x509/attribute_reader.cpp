// The attributes of distinguished names.
#include "x509/attribute_reader.hpp"

#include <array>
#include <cstdint>

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

bool is_character(std::uint32_t c) noexcept { return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

// big_endian reads `size` octets at `i`.
std::uint32_t big_endian(der_view octets, std::size_t i, std::size_t size) noexcept {
  std::uint32_t value = 0;
  for (const std::byte b : octets.subspan(i, size)) value = value << 8U | std::to_integer<std::uint32_t>(b);
  return value;
}

// is_wide says whether these are characters of `size` octets each.
bool is_wide(der_view octets, std::size_t size) noexcept {
  if (octets.size() % size != 0) return false;
  for (std::size_t i = 0; i < octets.size(); i += size) {
    if (!is_character(big_endian(octets, i, size))) return false;
  }
  return true;
}

// is_utf8 says whether these are characters in their shortest form (RFC 3629 section 3).
bool is_utf8(der_view octets) noexcept {
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};  // by the number of octets
  for (std::size_t i = 0; i < octets.size();) {
    const std::uint32_t lead = big_endian(octets, i, 1);
    if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8) return false;
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > octets.size() - i) return false;
    std::uint32_t c = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t j = 1; j < size; ++j) {
      const std::uint32_t octet = big_endian(octets, i + j, 1);
      if ((octet & 0xc0U) != 0x80) return false;
      c = c << 6U | (octet & 0x3fU);
    }
    if (c < smallest[size] || !is_character(c)) return false;
    i += size;
  }
  return true;
}

// string_octets gives the octets of an attribute's value as libcrypto keeps them. Nothing: not a string in
// DER. What is refused here, libcrypto refuses as well.
std::optional<der_view> string_octets(const der_value& value) noexcept {
  constexpr auto constructed = std::uint8_t{0x20};
  if (value.type == tag::sequence) return value.whole;
  if (static_cast<std::uint8_t>(value.type) >= constructed) return std::nullopt;
  bool valid = true;
  switch (value.type) {
    case tag::bit_string:
      if (!valid_bit_string(value.content)) return std::nullopt;
      return value.content.subspan(1);
    case tag::utf8_string:
      valid = is_utf8(value.content);
      break;
    case tag::bmp_string:
      valid = is_wide(value.content, 2);
      break;
    case tag::universal_string:
      valid = is_wide(value.content, 4);
      break;
    default:
      break;
  }
  if (!valid) return std::nullopt;
  return value.content;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | c >> 6U);
    put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3fU));
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

}  // namespace

attribute_reader::attribute_reader(der_view name) noexcept {
  der_reader outer(name);
  const auto sequence = outer.next(tag::sequence);
  ok_ = sequence && outer.at_end();
  if (ok_) sets_ = der_reader(sequence->content);
}

std::optional<attribute> attribute_reader::next() noexcept {
  if (!ok_ || (set_.at_end() && sets_.at_end())) return std::nullopt;
  ok_ = false;  // until the attribute turns out well

  const bool same_set = !set_.at_end();
  if (!same_set) {
    const auto set = sets_.next(tag::set);
    if (!set) return std::nullopt;
    set_ = der_reader(set->content);
  }
  const auto pair = set_.next(tag::sequence);
  if (!pair) return std::nullopt;
  der_reader parts(pair->content);
  const auto type = parts.next(tag::oid);
  const auto value = parts.next();
  if (!type || !valid_oid(type->content) || !value || !parts.at_end()) return std::nullopt;
  const auto octets = string_octets(*value);
  if (!octets) return std::nullopt;
  ok_ = true;
  return attribute{type->content, value->type, *octets, same_set};
}

std::optional<std::string> as_utf8(const attribute& a) {
  std::size_t octets_each = 1;
  switch (a.string_type) {
    case tag::utf8_string:
      return std::string(as_text(a.value));
    case tag::bmp_string:
      octets_each = 2;
      break;
    case tag::universal_string:
      octets_each = 4;
      break;
    case tag::printable_string:
    case tag::visible_string:
    case tag::ia5_string:
    case tag::t61_string:
      break;  // Latin-1, as all the world takes it
    default:
      return std::nullopt;
  }
  std::string out;
  for (std::size_t i = 0; i < a.value.size(); i += octets_each)
    append_utf8(out, big_endian(a.value, i, octets_each));
  return out;
}

}  // namespace x509

STLS_NAMESPACE_END
