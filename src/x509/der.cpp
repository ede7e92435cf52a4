// A reader of DER.
#include "x509/der.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::uint8_t octet(std::byte b) noexcept { return std::to_integer<std::uint8_t>(b); }

constexpr std::uint8_t tag_number_mask = 0x1f;
constexpr std::uint8_t long_length = 0x80;

}  // namespace

bool der_reader::next_is(tag type) const noexcept {
  return ok_ && !left_.empty() && octet(left_[0]) == static_cast<std::uint8_t>(type);
}

std::optional<der_value> der_reader::next() noexcept {
  if (!ok_ || left_.empty()) return std::nullopt;
  ok_ = false;  // until the value turns out well

  if (left_.size() < 2) return std::nullopt;
  const std::uint8_t identifier = octet(left_[0]);
  // 0 is reserved for BER's end-of-contents, 0x1f introduces long-form tags, which certificates do not use.
  if (identifier == 0 || (identifier & tag_number_mask) == tag_number_mask) return std::nullopt;

  std::size_t header = 2;
  std::size_t length = octet(left_[1]);
  if (length >= long_length) {
    // X.690 section 10.1: definite, and in the fewest octets.
    const std::size_t octets = length - long_length;
    if (octets == 0 || octets > sizeof(length) || octets > left_.size() - header) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8U | octet(left_[header + i]);
    const bool minimal = octet(left_[header]) != 0 && length >= long_length;
    if (!minimal) return std::nullopt;
    header += octets;
  }
  if (length > left_.size() - header) return std::nullopt;

  const der_value value{static_cast<tag>(identifier), left_.subspan(header, length),
                        left_.first(header + length)};
  left_ = left_.subspan(header + length);
  ok_ = true;
  return value;
}

std::optional<der_value> der_reader::next(tag type) noexcept {
  if (!next_is(type)) {
    ok_ = false;
    return std::nullopt;
  }
  return next();
}

std::optional<der_value> der_reader::optional(tag type) noexcept {
  if (!next_is(type)) return std::nullopt;
  return next();
}

bool valid_oid(der_view content) noexcept {
  bool starts = true;  // a subidentifier starts here
  for (const std::byte b : content) {
    if (starts && octet(b) == 0x80) return false;
    starts = (octet(b) & 0x80U) == 0;
  }
  return !content.empty() && starts;
}

bool valid_integer(der_view content) noexcept {
  if (content.size() < 2) return !content.empty();
  const std::uint8_t sign = (octet(content[1]) & 0x80U) != 0 ? 0xff : 0x00;
  return octet(content[0]) != sign;
}

bool valid_bit_string(der_view content) noexcept {
  if (content.empty()) return false;
  const unsigned unused = octet(content[0]);
  if (content.size() == 1) return unused == 0;
  return unused < 8 && (octet(content.back()) & ((1U << unused) - 1)) == 0;
}

}  // namespace x509

STLS_NAMESPACE_END
