// A reader of DER (X.690): strict, zero-copy, without recursion.
#pragma once

#include <stls/export.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

STLS_NAMESPACE_BEGIN

namespace x509 {

using der_view = std::span<const std::byte>;

// The identifier octets that certificates use.
enum class tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  null = 0x05,
  oid = 0x06,
  utf8_string = 0x0c,
  sequence = 0x30,
  set = 0x31,
  printable_string = 0x13,
  t61_string = 0x14,
  ia5_string = 0x16,
  utc_time = 0x17,
  generalized_time = 0x18,
  visible_string = 0x1a,
  universal_string = 0x1c,
  bmp_string = 0x1e,
};
// context gives the identifier of [n], primitive or constructed.
[[nodiscard]] constexpr tag context(unsigned n) noexcept { return static_cast<tag>(0x80U | n); }
[[nodiscard]] constexpr tag context_constructed(unsigned n) noexcept { return static_cast<tag>(0xa0U | n); }

struct der_value {
  tag type{};
  der_view content;
  der_view whole;  // header and content
};

// der_reader walks the values that follow one another in `left`. A malformed value (indefinite or non-minimal
// length, long-form tag, a length beyond the end) makes it fail, and it stays failed: next gives nothing,
// ok() is false.
class der_reader {
 public:
  explicit der_reader(der_view content) noexcept : left_(content) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return ok_ && left_.empty(); }
  [[nodiscard]] bool next_is(tag) const noexcept;
  // next takes the next value; nothing is left at the end. With a tag: there must be one that has it, else
  // the reader fails.
  std::optional<der_value> next() noexcept;
  std::optional<der_value> next(tag) noexcept;
  // optional takes the next value if it has that tag, and does not fail otherwise.
  std::optional<der_value> optional(tag) noexcept;

 private:
  der_view left_;
  bool ok_ = true;
};

// equal compares octets.
[[nodiscard]] inline bool equal(der_view a, der_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Whether the content octets of a primitive value are DER: an object identifier (X.690 section 8.19), an
// integer (8.3, any size, any sign), a bit string (8.6 and 11.2, the octet with the number of unused bits
// first).
[[nodiscard]] bool valid_oid(der_view content) noexcept;
[[nodiscard]] bool valid_integer(der_view content) noexcept;
[[nodiscard]] bool valid_bit_string(der_view content) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
