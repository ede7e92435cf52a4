// The attributes of distinguished names (RFC 5280 section 4.1.2.4), one after another.
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <optional>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace attribute_type {
inline constexpr std::string_view common_name{"\x55\x04\x03", 3};                            // 2.5.4.3
inline constexpr std::string_view email_address{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9};  // PKCS #9
}  // namespace attribute_type

struct attribute {
  der_view type;  // content octets of the OID
  tag string_type{};
  der_view value;         // of a bit string without the octet that counts the unused bits
  bool same_set = false;  // as the attribute before it
};

// attribute_reader walks the attributes of a Name, set after set.
class attribute_reader {
 public:
  explicit attribute_reader(der_view name) noexcept;

  // ok is false after next() came upon something malformed.
  [[nodiscard]] bool ok() const noexcept { return ok_; }

  std::optional<attribute> next() noexcept;

 private:
  der_reader sets_{der_view{}};
  der_reader set_{der_view{}};
  bool ok_ = false;
};

// as_utf8 converts a string. Nothing: its type does not say how.
[[nodiscard]] std::optional<std::string> as_utf8(const attribute&);

[[nodiscard]] inline std::string_view as_text(der_view content) noexcept {
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

}  // namespace x509

STLS_NAMESPACE_END
