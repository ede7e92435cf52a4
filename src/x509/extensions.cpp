// The extensions on which a certification path hangs.
#include "x509/extensions.hpp"

#include <limits>

#include "x509/distinguished_name.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr auto server_auth_oid =
    extension_oid::octets(0x2b, 6, 1, 5, 5, 7, 3, 1);  // RFC 5280 section 4.2.1.12
constexpr auto client_auth_oid = extension_oid::octets(0x2b, 6, 1, 5, 5, 7, 3, 2);

// only gives the value of this type that there is, and nothing else.
std::optional<der_view> only(der_view value, tag type) noexcept {
  der_reader reader(value);
  const auto inside = reader.next(type);
  if (!inside || !reader.at_end()) return std::nullopt;
  return inside->content;
}

std::optional<std::uint32_t> path_length(der_view number) noexcept {
  if (!valid_integer(number) || (std::to_integer<unsigned>(number[0]) & 0x80U) != 0) return std::nullopt;
  if (number.size() > sizeof(std::uint32_t)) return std::numeric_limits<std::uint32_t>::max();
  std::uint32_t length = 0;
  for (const std::byte b : number) length = length << 8U | std::to_integer<std::uint32_t>(b);
  return length;
}

// flags is a BIT STRING of named bits, Zeros at the end, which DER leaves
// out, are tolerated.
class flags {
 public:
  static std::optional<flags> parse(der_view value) noexcept {
    const auto bits = only(value, tag::bit_string);
    if (!bits || !valid_bit_string(*bits)) return std::nullopt;
    return flags(bits->subspan(1));
  }
  [[nodiscard]] bool has(std::size_t bit) const noexcept {
    return bit / 8 < octets_.size() &&
           (std::to_integer<unsigned>(octets_[bit / 8]) >> (7 - bit % 8) & 1U) != 0;
  }
  [[nodiscard]] bool none() const noexcept {
    return std::all_of(octets_.begin(), octets_.end(), [](std::byte b) { return b == std::byte{0}; });
  }

 private:
  explicit flags(der_view octets) noexcept : octets_(octets) {}
  der_view octets_;
};

// first_directory_name looks into GeneralNames.
std::optional<der_view> first_directory_name(der_view general_names) noexcept {
  der_reader reader(general_names);
  while (const auto name = reader.next()) {
    if (name->type == context_constructed(4)) return name->content;
  }
  return std::nullopt;
}

}  // namespace

std::optional<basic_constraints> parse_basic_constraints(der_view value) noexcept {
  const auto content = only(value, tag::sequence);
  if (!content) return std::nullopt;
  der_reader reader(*content);
  basic_constraints parsed;
  if (const auto ca = reader.optional(tag::boolean)) {
    // DER leaves FALSE out, but certificates that spell it out are about.
    if (ca->content.size() != 1) return std::nullopt;
    if (ca->content[0] != std::byte{0x00} && ca->content[0] != std::byte{0xff}) return std::nullopt;
    parsed.ca = ca->content[0] == std::byte{0xff};
  }
  if (const auto length = reader.optional(tag::integer)) {
    parsed.path_length = path_length(length->content);
    if (!parsed.path_length) return std::nullopt;
  }
  if (!reader.at_end()) return std::nullopt;
  return parsed;
}

std::optional<key_usage> parse_key_usage(der_view value) noexcept {
  const auto bits = flags::parse(value);
  if (!bits || bits->none()) return std::nullopt;
  return key_usage{.digital_signature = bits->has(0),
                   .key_encipherment = bits->has(2),
                   .key_agreement = bits->has(4),
                   .key_cert_sign = bits->has(5),
                   .crl_sign = bits->has(6)};
}

std::optional<extended_key_usage> parse_extended_key_usage(der_view value) noexcept {
  const auto content = only(value, tag::sequence);
  if (!content) return std::nullopt;
  extended_key_usage parsed;
  der_reader reader(*content);
  while (!reader.at_end()) {
    const auto usage = reader.next(tag::oid);
    if (!usage || !valid_oid(usage->content)) return std::nullopt;
    if (equal(usage->content, server_auth_oid)) parsed.server_auth = true;
    if (equal(usage->content, client_auth_oid)) parsed.client_auth = true;
  }
  return parsed;
}

std::optional<netscape_type> parse_netscape_type(der_view value) noexcept {
  const auto bits = flags::parse(value);
  if (!bits) return std::nullopt;
  return netscape_type{.server = bits->has(1), .client = bits->has(0)};
}

std::optional<der_view> parse_subject_key_identifier(der_view value) noexcept {
  return only(value, tag::octet_string);
}

std::optional<authority_key_identifier> parse_authority_key_identifier(der_view value) noexcept {
  const auto content = only(value, tag::sequence);
  if (!content) return std::nullopt;
  der_reader reader(*content);
  authority_key_identifier parsed;
  if (const auto key = reader.optional(context(0))) parsed.key = key->content;
  if (const auto names = reader.optional(context_constructed(1))) {
    parsed.issuer = first_directory_name(names->content);
    if (parsed.issuer && !well_formed(*parsed.issuer)) return std::nullopt;
  }
  if (const auto serial = reader.optional(context(2))) {
    if (!valid_integer(serial->content)) return std::nullopt;
    parsed.serial = serial->content;
  }
  if (!reader.at_end()) return std::nullopt;
  return parsed;
}

}  // namespace x509

STLS_NAMESPACE_END
