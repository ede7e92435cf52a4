// What stls itself reads in an X.509 certificate.
#include "x509/certificate.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fail.hpp"
#include "base/text.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/extensions.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

tl::unexpected<error> refuse(std::string_view why) {
  return fail(errc::bad_pem, cat({"not a certificate: ", why}));
}

bool before(der_view a, der_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

// The Version of a TBSCertificate, of which DER leaves v1 out, since it is the default (X.690 section 11.5).
std::optional<unsigned> parse_version(der_reader& tbs) noexcept {
  if (!tbs.next_is(context_constructed(0))) return 1;
  const auto wrapper = tbs.next();
  if (!wrapper) return std::nullopt;
  der_reader inside(wrapper->content);
  const auto number = inside.next(tag::integer);
  if (!number || !inside.at_end() || number->content.size() != 1) return std::nullopt;
  const auto on_the_wire = std::to_integer<unsigned>(number->content[0]);
  if (on_the_wire != 1 && on_the_wire != 2) return std::nullopt;
  return on_the_wire + 1;
}

// parse_time reads YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ (RFC 5280 section 4.1.2.5).
std::optional<std::chrono::sys_seconds> parse_time(const der_value& value) noexcept {
  const bool two_digits = value.type == tag::utc_time;
  if (!two_digits && value.type != tag::generalized_time) return std::nullopt;
  const std::size_t year_digits = two_digits ? 2 : 4;
  if (value.content.size() != year_digits + 11 || value.content.back() != std::byte{'Z'}) return std::nullopt;
  const der_view digits = value.content.first(value.content.size() - 1);
  const bool all_digits = std::all_of(digits.begin(), digits.end(),
                                      [](std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'9'}; });
  if (!all_digits) return std::nullopt;

  const auto pair_at = [&](std::size_t i) {
    return std::to_integer<unsigned>(digits[i]) * 10 + std::to_integer<unsigned>(digits[i + 1]) - 11 * '0';
  };
  unsigned year = pair_at(0);
  if (two_digits) {
    year += year < 50 ? 2000 : 1900;
  } else {
    year = year * 100 + pair_at(2);
  }
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(year)),
                                        std::chrono::month(pair_at(year_digits)),
                                        std::chrono::day(pair_at(year_digits + 2))};
  const std::chrono::hours hour(pair_at(year_digits + 4));
  const std::chrono::minutes minute(pair_at(year_digits + 6));
  const std::chrono::seconds second(pair_at(year_digits + 8));
  if (!day.ok() || hour.count() > 23 || minute.count() > 59 || second.count() > 59) return std::nullopt;
  return std::chrono::sys_days(day) + hour + minute + second;
}

bool parse_validity(der_view content, certificate& parsed) noexcept {
  der_reader reader(content);
  const auto from = reader.next();
  const auto to = reader.next();
  if (!from || !to || !reader.at_end()) return false;
  const auto not_before = parse_time(*from);
  const auto not_after = parse_time(*to);
  if (!not_before || !not_after) return false;
  parsed.not_before = *not_before;
  parsed.not_after = *not_after;
  return true;
}

bool is_algorithm(der_view content) noexcept {
  der_reader reader(content);
  const auto oid = reader.next(tag::oid);
  if (!oid || !valid_oid(oid->content)) return false;
  if (!reader.at_end()) reader.next();  // parameters, which may be left out
  return reader.at_end();
}

bool is_public_key(der_view content) noexcept {
  der_reader reader(content);
  const auto algorithm = reader.next(tag::sequence);
  const auto key = reader.next(tag::bit_string);
  return algorithm && is_algorithm(algorithm->content) && key && valid_bit_string(key->content) &&
         reader.at_end();
}

std::optional<extension> parse_extension(der_view content) noexcept {
  der_reader reader(content);
  const auto oid = reader.next(tag::oid);
  const auto critical = reader.optional(tag::boolean);
  const auto value = reader.next(tag::octet_string);
  if (!oid || !valid_oid(oid->content) || !value || !reader.at_end()) return std::nullopt;
  extension parsed{oid->content, false, value->content};
  if (critical) {
    // DER leaves FALSE out, as it is the default, but certificates that spell it out are about.
    if (critical->content.size() != 1) return std::nullopt;
    if (critical->content[0] != std::byte{0x00} && critical->content[0] != std::byte{0xff})
      return std::nullopt;
    parsed.critical = critical->content[0] == std::byte{0xff};
  }
  return parsed;
}

bool has_duplicates(const std::vector<extension>& extensions) {
  std::vector<der_view> oids;
  oids.reserve(extensions.size());
  for (const extension& e : extensions) oids.push_back(e.oid);
  std::sort(oids.begin(), oids.end(), before);
  return std::adjacent_find(oids.begin(), oids.end(), equal) != oids.end();
}

result<void> parse_extensions(der_view wrapped, certificate& parsed) {
  der_reader wrapper(wrapped);
  const auto list = wrapper.next(tag::sequence);
  if (!list || !wrapper.at_end() || list->content.empty()) return refuse("malformed extensions");
  der_reader reader(list->content);
  while (!reader.at_end()) {
    const auto item = reader.next(tag::sequence);
    const auto one = item ? parse_extension(item->content) : std::nullopt;
    if (!one) return refuse("malformed extension");
    parsed.extensions.push_back(*one);
  }
  if (has_duplicates(parsed.extensions)) return refuse("the same extension twice");
  if (const extension* const san = parsed.find(extension_oid::subject_alt_name)) {
    auto names = parse_alt_names(san->value);
    if (!names) return refuse(names.error().message);
    parsed.names = std::move(*names);
  }
  return {};
}

// A TBSCertificate, field after field as in RFC 5280 section 4.1. `algorithm` is what stands outside of it.
result<void> parse_tbs(const der_value& tbs, der_view algorithm, certificate& parsed) {
  parsed.tbs = tbs.whole;
  der_reader reader(tbs.content);
  const auto number = parse_version(reader);
  if (!number) return refuse("malformed version");
  parsed.version = *number;

  const auto serial = reader.next(tag::integer);
  if (!serial || !valid_integer(serial->content)) return refuse("malformed serial number");
  parsed.serial = serial->content;

  const auto signature = reader.next(tag::sequence);
  if (!signature || !is_algorithm(signature->content)) return refuse("malformed signature algorithm");
  if (!equal(signature->whole, algorithm)) return refuse("two different signature algorithms");  // 4.1.1.2
  parsed.signature_algorithm = signature->whole;

  const auto issuer = reader.next(tag::sequence);
  if (!issuer || !well_formed(issuer->whole)) return refuse("malformed issuer");
  parsed.issuer = issuer->whole;

  const auto validity = reader.next(tag::sequence);
  if (!validity || !parse_validity(validity->content, parsed)) return refuse("malformed validity");

  const auto subject = reader.next(tag::sequence);
  if (!subject || !well_formed(subject->whole)) return refuse("malformed subject");
  parsed.subject = subject->whole;

  const auto key = reader.next(tag::sequence);
  if (!key || !is_public_key(key->content)) return refuse("malformed public key");
  parsed.public_key = key->whole;

  if (parsed.version >= 2) {
    for (const unsigned unique_id : {1U, 2U}) {
      const auto id = reader.optional(context(unique_id));
      if (id && !valid_bit_string(id->content)) return refuse("malformed unique identifier");
    }
  }
  if (parsed.version == 3) {
    if (const auto extensions = reader.optional(context_constructed(3))) {
      if (auto done = parse_extensions(extensions->content, parsed); !done) return done;
    }
  }
  if (!reader.at_end()) return refuse("more fields than its version has");
  return {};
}

}  // namespace

const extension* certificate::find(der_view oid) const noexcept {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const extension& e) { return equal(e.oid, oid); });
  return found != extensions.end() ? &*found : nullptr;
}

result<certificate> parse_certificate(der_view der) {
  certificate parsed;
  der_reader outer(der);
  const auto whole = outer.next(tag::sequence);
  if (!whole) return refuse("malformed DER");
  if (!outer.at_end()) return refuse("something follows it");
  parsed.whole = whole->whole;

  der_reader reader(whole->content);
  const auto tbs = reader.next(tag::sequence);
  const auto algorithm = reader.next(tag::sequence);
  const auto signature = reader.next(tag::bit_string);
  if (!tbs || !algorithm || !signature || !reader.at_end()) return refuse("malformed DER");
  if (!valid_bit_string(signature->content)) return refuse("malformed signature");
  if (signature->content[0] == std::byte{0}) parsed.signature = signature->content.subspan(1);
  if (auto done = parse_tbs(*tbs, algorithm->whole, parsed); !done) return fail(std::move(done.error()));
  return parsed;
}

peer_certificate describe(const certificate& parsed) {
  peer_certificate described;
  described.subject = oneline(parsed.subject);
  described.issuer = oneline(parsed.issuer);
  described.common_name = common_name(parsed.subject);
  const auto escape_all = [](const std::vector<std::string>& from, std::vector<std::string>& to) {
    to.reserve(from.size());
    for (const std::string& name : from) to.push_back(escaped(name));
  };
  escape_all(parsed.names.dns, described.dns_names);
  escape_all(parsed.names.emails, described.emails);
  escape_all(parsed.names.uris, described.uris);
  described.ip_addresses.reserve(parsed.names.ips.size());
  for (const auto& address : parsed.names.ips) described.ip_addresses.push_back(ip_text(address));
  described.not_before = parsed.not_before;
  described.not_after = parsed.not_after;
  return described;
}

}  // namespace x509

STLS_NAMESPACE_END
