// How a certificate is signed.
#include "x509/signature_algorithm.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

using namespace std::literals;

constexpr std::size_t salt_limit = 512;

// The content octets of OIDs.
constexpr auto pss_oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;   // 1.2.840.113549.1.1.10
constexpr auto mgf1_oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;  // 1.2.840.113549.1.1.8
constexpr auto ed25519_oid = "\x2b\x65\x70"sv;                       // 1.3.101.112
constexpr auto ed448_oid = "\x2b\x65\x71"sv;                         // 1.3.101.113

struct known_signature {
  std::string_view oid;
  signature_kind kind;
  hash digest;
};
constexpr std::array<known_signature, 11> known_signatures = {{
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv, signature_kind::rsa_pkcs1, hash::md5},  // 1.2.840.113549.1.1
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"sv, signature_kind::rsa_pkcs1, hash::sha1},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"sv, signature_kind::rsa_pkcs1, hash::sha224},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv, signature_kind::rsa_pkcs1, hash::sha256},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv, signature_kind::rsa_pkcs1, hash::sha384},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv, signature_kind::rsa_pkcs1, hash::sha512},
    {"\x2a\x86\x48\xce\x3d\x04\x01"sv, signature_kind::ecdsa, hash::sha1},  // 1.2.840.10045.4
    {"\x2a\x86\x48\xce\x3d\x04\x03\x01"sv, signature_kind::ecdsa, hash::sha224},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, signature_kind::ecdsa, hash::sha256},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, signature_kind::ecdsa, hash::sha384},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, signature_kind::ecdsa, hash::sha512},
}};

struct known_hash {
  std::string_view oid;
  hash digest;
};
constexpr std::array<known_hash, 5> known_hashes = {{
    {"\x2b\x0e\x03\x02\x1a"sv, hash::sha1},                    // 1.3.14.3.2.26
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, hash::sha256},  // 2.16.840.1.101.3.4.2
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv, hash::sha384},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv, hash::sha512},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv, hash::sha224},
}};

std::string_view text(der_view octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// algorithm_identifier is what every AlgorithmIdentifier consists of.
struct algorithm_identifier {
  std::string_view oid;
  std::optional<der_value> parameters;

  [[nodiscard]] bool plain() const noexcept {
    return !parameters || (parameters->type == tag::null && parameters->content.empty());
  }
};

std::optional<algorithm_identifier> read_identifier(const std::optional<der_value>& value) noexcept {
  if (!value || value->type != tag::sequence) return std::nullopt;
  der_reader reader(value->content);
  const auto oid = reader.next(tag::oid);
  if (!oid) return std::nullopt;
  algorithm_identifier read{text(oid->content), std::nullopt};
  if (!reader.at_end()) read.parameters = reader.next();
  if (!reader.at_end()) return std::nullopt;
  return read;
}

std::optional<hash> read_hash(const std::optional<algorithm_identifier>& identifier) noexcept {
  if (!identifier || !identifier->plain()) return std::nullopt;
  const auto* const found =
      std::find_if(known_hashes.begin(), known_hashes.end(),
                   [&](const known_hash& known) { return known.oid == identifier->oid; });
  if (found == known_hashes.end()) return std::nullopt;
  return found->digest;
}

// only gives the single value that an explicit tag wraps.
std::optional<der_value> only(const der_value& wrapper) noexcept {
  der_reader reader(wrapper.content);
  const auto value = reader.next();
  if (!reader.at_end()) return std::nullopt;
  return value;
}

std::optional<std::size_t> read_salt_size(const std::optional<der_value>& number) noexcept {
  if (!number || number->type != tag::integer || !valid_integer(number->content)) return std::nullopt;
  if (number->content.size() > 2) return std::nullopt;
  std::size_t size = 0;
  for (const std::byte b : number->content) size = size << 8U | std::to_integer<std::size_t>(b);
  const bool negative = (std::to_integer<unsigned>(number->content[0]) & 0x80U) != 0;
  if (negative || size > salt_limit) return std::nullopt;
  return size;
}

// RSASSA-PSS-params (RFC 4055 section 3.1), where what is left out means SHA-1 and 20 octets of salt.
signature_algorithm read_pss(const std::optional<der_value>& parameters) noexcept {
  const signature_algorithm unknown;
  if (!parameters || parameters->type != tag::sequence) return unknown;
  std::optional<hash> digest = hash::sha1;
  std::optional<hash> mask = hash::sha1;
  std::optional<std::size_t> salt = 20;
  der_reader reader(parameters->content);
  if (const auto field = reader.optional(context_constructed(0)))
    digest = read_hash(read_identifier(only(*field)));
  if (const auto field = reader.optional(context_constructed(1))) {
    const auto generator = read_identifier(only(*field));
    const bool mgf1 = generator && generator->oid == mgf1_oid;
    mask = mgf1 ? read_hash(read_identifier(generator->parameters)) : std::nullopt;
  }
  if (const auto field = reader.optional(context_constructed(2))) salt = read_salt_size(only(*field));
  if (const auto field = reader.optional(context_constructed(3))) {
    const auto trailer = only(*field);
    const bool one = trailer && trailer->type == tag::integer && text(trailer->content) == "\x01"sv;
    if (!one) return unknown;
  }
  if (!reader.at_end() || !digest || !mask || !salt || *digest != *mask) return unknown;
  return {signature_kind::rsa_pss, *digest, *salt};
}

}  // namespace

signature_algorithm parse_signature_algorithm(der_view whole) noexcept {
  const signature_algorithm unknown;
  der_reader outer(whole);
  const auto value = outer.next(tag::sequence);
  if (!outer.at_end()) return unknown;
  const auto identifier = read_identifier(value);
  if (!identifier) return unknown;
  if (identifier->oid == pss_oid) return read_pss(identifier->parameters);
  if (identifier->oid == ed25519_oid || identifier->oid == ed448_oid) {
    if (identifier->parameters) return unknown;
    return {identifier->oid == ed25519_oid ? signature_kind::ed25519 : signature_kind::ed448};
  }
  const auto* const found =
      std::find_if(known_signatures.begin(), known_signatures.end(),
                   [&](const known_signature& known) { return known.oid == identifier->oid; });
  if (found == known_signatures.end() || !identifier->plain()) return unknown;
  return {found->kind, found->digest};
}

}  // namespace x509

STLS_NAMESPACE_END
