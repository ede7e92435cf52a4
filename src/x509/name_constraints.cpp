// Name constraints of certification authorities.
#include "x509/name_constraints.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "x509/attribute_reader.hpp"
#include "x509/canonical_name.hpp"
#include "x509/extensions.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr tag other_name = context_constructed(0);
constexpr tag mailbox = context(1);
constexpr tag dns_name = context(2);
constexpr tag directory_name = context_constructed(4);
constexpr tag uri = context(6);
constexpr tag ip_address = context(7);

// The type-id of an otherName (RFC 9598), the whole OBJECT IDENTIFIER.
constexpr std::string_view smtp_utf8_mailbox{"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09", 10};
constexpr std::string_view wildcard = "*.";

std::optional<general_name> read_general_name(const der_value& value) {
  if (value.type != directory_name) return general_name{value.type, std::string(as_text(value.content))};
  auto canonical = canonical_name(value.content);
  if (!canonical) return std::nullopt;
  return general_name{directory_name, std::move(*canonical)};
}

// GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
std::optional<subtree> read_subtree(der_view content) {
  der_reader reader(content);
  const auto base = reader.next();
  const auto minimum = reader.optional(context(0));
  const auto maximum = reader.optional(context(1));
  if (!base || !reader.at_end()) return std::nullopt;
  if ((minimum && !valid_integer(minimum->content)) || (maximum && !valid_integer(maximum->content)))
    return std::nullopt;
  auto name = read_general_name(*base);
  if (!name) return std::nullopt;
  const bool zero = !minimum || (minimum->content.size() == 1 && minimum->content[0] == std::byte{0});
  return subtree{std::move(*name), zero && !maximum};
}

bool read_subtrees(der_view content, std::vector<subtree>& to) {
  der_reader reader(content);
  while (!reader.at_end()) {
    const auto item = reader.next(tag::sequence);
    auto one = item ? read_subtree(item->content) : std::nullopt;
    if (!one) return false;
    to.push_back(std::move(*one));
  }
  return true;
}

// looks_like_dns_name is OpenSSL's idea of a CN that might be taken for the name of a host: letters, digits,
// hyphens and underscores, with a dot at least, in labels that no hyphen begins or ends.
bool looks_like_dns_name(std::string_view text) noexcept {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (text.find_first_not_of(allowed) != std::string_view::npos) return false;
  if (text.find('.') == std::string_view::npos) return false;
  const std::string dotted = cat({".", text, "."});
  constexpr std::array bad = {"..", ".-", "-."};
  return std::none_of(bad.begin(), bad.end(),
                      [&](const char* pair) { return dotted.find(pair) != std::string::npos; });
}

// add_from_subject takes what stands in the subject. False: an attribute that cannot be read.
bool add_from_subject(der_view subject, bool with_common_names, std::vector<general_name>& to) {
  attribute_reader reader(subject);
  while (const auto a = reader.next()) {
    if (as_text(a->type) == attribute_type::email_address) {
      if (a->string_type != tag::ia5_string) return false;
      to.push_back({mailbox, std::string(as_text(a->value))});
    }
    if (with_common_names && as_text(a->type) == attribute_type::common_name) {
      std::string name = as_utf8(*a).value_or(std::string());
      while (name.ends_with('\0')) name.pop_back();
      if (name.find('\0') != std::string::npos) return false;
      if (looks_like_dns_name(name)) to.push_back({dns_name, std::move(name)});
    }
  }
  return reader.ok();
}

constexpr std::uint8_t choice_number(tag choice) noexcept { return static_cast<std::uint8_t>(choice); }

// The answer of a comparison.
enum class within { yes, no, unsupported_kind, unsupported_syntax };

within when(bool inside) noexcept { return inside ? within::yes : within::no; }

bool ends_with_word(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() && same_word(text.substr(text.size() - end.size()), end);
}

bool below_or_equal(std::string_view name, std::string_view base) noexcept {
  if (base.empty()) return true;
  if (!ends_with_word(name, base)) return false;
  return name.size() == base.size() || base.starts_with('.') || name[name.size() - base.size() - 1] == '.';
}

// covers says whether a wildcard stands for a name that is in the subtree, though not all of its names are.
bool covers(std::string_view name, std::string_view base) noexcept {
  if (!name.starts_with(wildcard) || base.starts_with('.')) return false;
  const std::size_t dot = base.find('.');
  return dot != std::string_view::npos && same_word(name.substr(wildcard.size()), base.substr(dot + 1));
}

within dns_within(std::string_view name, std::string_view base, bool excluding) noexcept {
  return when(below_or_equal(name, base) || (excluding && covers(name, base)));
}

within mailbox_within(std::string_view name, std::string_view base) noexcept {
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos) return within::unsupported_syntax;
  const std::string_view host = name.substr(at + 1);
  const std::size_t base_at = base.rfind('@');
  if (base_at == std::string_view::npos) {
    if (base.starts_with('.')) return when(name.size() > base.size() && ends_with_word(name, base));
    return when(same_word(host, base));
  }
  // The part before the @ is compared with regard to case (section 7.5). There is none: any.
  const std::string_view local = base.substr(0, base_at);
  return when((local.empty() || local == name.substr(0, at)) && same_word(host, base.substr(base_at + 1)));
}

within uri_within(std::string_view name, std::string_view base) noexcept {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos || name.substr(colon + 1, 2) != "//") return within::unsupported_syntax;
  const std::string_view rest = name.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
  const std::string_view host = authority.substr(0, authority.find(':'));
  const bool is_name = host.find_first_not_of("0123456789.") != std::string_view::npos &&
                       authority.find_first_of("@[]") == std::string_view::npos;
  if (!is_name) return within::unsupported_syntax;
  if (base.starts_with('.')) return when(host.size() > base.size() && ends_with_word(host, base));
  return when(same_word(host, base));
}

bool is_prefix_mask(std::string_view mask) noexcept {
  bool ended = false;
  for (const char c : mask) {
    for (unsigned bit = 0x80; bit != 0; bit >>= 1U) {
      const bool set = (static_cast<unsigned char>(c) & bit) != 0;
      if (set && ended) return false;
      ended = ended || !set;
    }
  }
  return true;
}

within ip_within(std::string_view address, std::string_view base) noexcept {
  if (base.size() != 8 && base.size() != 32) return within::unsupported_syntax;
  if (address.size() * 2 != base.size()) return within::no;
  const std::string_view network = base.substr(0, address.size());
  const std::string_view mask = base.substr(address.size());
  if (!is_prefix_mask(mask)) return within::unsupported_syntax;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (((address[i] ^ network[i]) & mask[i]) != 0) return within::no;
  }
  return within::yes;
}

within is_within(const general_name& name, const general_name& base, bool excluding) noexcept {
  switch (static_cast<std::uint8_t>(name.choice)) {
    case choice_number(mailbox):
      return mailbox_within(name.text, base.text);
    case choice_number(dns_name):
      return dns_within(name.text, base.text, excluding);
    case choice_number(directory_name):
      return when(name.text.starts_with(base.text));
    case choice_number(uri):
      return uri_within(name.text, base.text);
    case choice_number(ip_address):
      return ip_within(name.text, base.text);
    default:
      return within::unsupported_kind;
  }
}

// applies says whether a subtree speaks of such names at all.
bool applies(const subtree& tree, const general_name& name) noexcept {
  if (tree.base.choice == name.choice) return true;
  return tree.base.choice == mailbox && name.choice == other_name && name.text.starts_with(smtp_utf8_mailbox);
}

// compare gives `good`, or what is wrong already; `inside` whether the name is in one of the subtrees, if one
// applies.
name_verdict compare(const std::vector<subtree>& trees, const general_name& name, bool excluding,
                     std::optional<bool>& inside) noexcept {
  for (const subtree& tree : trees) {
    if (!applies(tree, name)) continue;
    if (!tree.whole) return name_verdict::not_whole;
    switch (is_within(name, tree.base, excluding)) {
      case within::yes:
        inside = true;
        break;
      case within::no:
        inside = inside.value_or(false);
        break;
      case within::unsupported_kind:
        return name_verdict::unsupported_kind;
      case within::unsupported_syntax:
        return name_verdict::unsupported_syntax;
    }
  }
  return name_verdict::good;
}

}  // namespace

std::optional<std::vector<general_name>> constrained_names(const certificate& of, bool leaf) {
  std::vector<general_name> names;
  auto subject = canonical_name(of.subject);
  if (!subject) return std::nullopt;
  if (!subject->empty()) names.push_back({directory_name, std::move(*subject)});
  if (!add_from_subject(of.subject, leaf && of.names.dns.empty(), names)) return std::nullopt;
  const extension* const san = of.find(extension_oid::subject_alt_name);
  if (san == nullptr) return names;
  der_reader outer(san->value);
  const auto list = outer.next(tag::sequence);
  if (!list || !outer.at_end()) return std::nullopt;
  der_reader reader(list->content);
  while (!reader.at_end()) {
    const auto value = reader.next();
    auto name = value ? read_general_name(*value) : std::nullopt;
    if (!name) return std::nullopt;
    names.push_back(std::move(*name));
  }
  return names;
}

std::optional<name_constraints> parse_name_constraints(der_view value) {
  der_reader outer(value);
  const auto sequence = outer.next(tag::sequence);
  if (!sequence || !outer.at_end()) return std::nullopt;
  der_reader reader(sequence->content);
  const auto permitted = reader.optional(context_constructed(0));
  const auto excluded = reader.optional(context_constructed(1));
  if (!reader.at_end()) return std::nullopt;
  name_constraints parsed;
  if (permitted && !read_subtrees(permitted->content, parsed.permitted)) return std::nullopt;
  if (excluded && !read_subtrees(excluded->content, parsed.excluded)) return std::nullopt;
  return parsed;
}

name_verdict judge_names(const name_constraints& constraints, const std::vector<general_name>& names,
                         std::size_t& budget) {
  const std::size_t each = constraints.permitted.size() + constraints.excluded.size();
  for (const general_name& name : names) {
    if (each > budget) return name_verdict::too_many_comparisons;
    budget -= each;
    std::optional<bool> permitted;
    std::optional<bool> excluded;
    auto verdict = compare(constraints.permitted, name, false, permitted);
    if (verdict != name_verdict::good) return verdict;
    if (!permitted.value_or(true)) return name_verdict::not_permitted;
    verdict = compare(constraints.excluded, name, true, excluded);
    if (verdict != name_verdict::good) return verdict;
    if (excluded.value_or(false)) return name_verdict::excluded;
  }
  return name_verdict::good;
}

}  // namespace x509

STLS_NAMESPACE_END
