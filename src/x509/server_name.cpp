// Names of servers, and whether a certificate is good for one.
#include "x509/server_name.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/fail.hpp"
#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::size_t name_limit = 253;  // RFC 1035 section 2.3.4: 255 octets on the wire
constexpr std::size_t label_limit = 63;
constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
constexpr std::string_view name_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
constexpr std::string_view wildcard = "*.";

bool only(std::string_view text, std::string_view allowed) noexcept {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

// each_label asks about the labels of a name until one of them fails.
template <class Predicate>
bool each_label(std::string_view name, Predicate&& holds) noexcept {
  for (;;) {
    const std::size_t end = std::min(name.find('.'), name.size());
    if (!holds(name.substr(0, end))) return false;
    if (end == name.size()) return true;
    name.remove_prefix(end + 1);
  }
}

// numeric says whether some resolver would take the label for a part of an IPv4 address: inet_aton(3) knows
// hexadecimal too.
bool numeric(std::string_view label) noexcept {
  if (label.starts_with("0x") || label.starts_with("0X")) return only(label.substr(2), hex_digits);
  return !label.empty() && only(label, digits);
}

bool all_numeric(std::string_view name) noexcept { return each_label(name, numeric); }

bool right_sizes(std::string_view name) noexcept {
  return name.size() <= name_limit && each_label(name, [](std::string_view label) {
           return !label.empty() && label.size() <= label_limit;
         });
}

// is_host says whether this is a DNS name without trailing dot and without wildcard.
bool is_host(std::string_view name) noexcept { return only(name, name_characters) && right_sizes(name); }

bool matches_exactly(std::string_view san, std::string_view name) noexcept {
  return is_host(san) && same_word(san, name);
}

// matches_wildcard knows `*` as the whole leftmost label alone, and with two labels at least behind it
// (RFC 9525 section 6.3; libtls refuses `*.org` too).
bool matches_wildcard(std::string_view san, std::string_view name) noexcept {
  if (!san.starts_with(wildcard)) return false;
  const std::string_view parent = san.substr(wildcard.size());
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  return is_host(parent) && parent.find('.') != std::string_view::npos &&
         same_word(parent, name.substr(dot + 1));
}

std::optional<std::vector<std::byte>> parse_ip(const std::string& text) {
  std::array<std::byte, 16> address{};
  if (::inet_pton(AF_INET, text.c_str(), address.data()) == 1) {
    return std::vector<std::byte>(address.begin(), address.begin() + 4);
  }
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) {
    return std::vector<std::byte>(address.begin(), address.end());
  }
  return std::nullopt;
}

tl::unexpected<error> refuse(std::initializer_list<std::string_view> why) {
  return fail(errc::invalid_argument, cat({"servername: ", cat(why)}));
}

// refuse_character explains a character that DNS names do not have.
tl::unexpected<error> refuse_character(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return refuse({in_quotes(name), " holds a NUL byte"});
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return refuse({in_quotes(name), " is not ASCII; use its A-label (xn--...)"});
  }
  if (name.starts_with('['))
    return refuse({in_quotes(name), " is in brackets; an IPv6 address stands without"});
  if (name.find('%') != std::string_view::npos) {
    return refuse({in_quotes(name), " has a zone; certificates do not know zones"});
  }
  if (name.find('*') != std::string_view::npos)
    return refuse({in_quotes(name), " is a wildcard; name one server"});
  return refuse({in_quotes(name), " is neither a DNS name nor an IP address"});
}

}  // namespace

result<server_name> parse_server_name(std::string_view name) {
  if (name.empty()) {
    return refuse({"empty; set insecure_noverifyname if the name of the server shall not be verified"});
  }
  server_name parsed;
  parsed.text = lower_case(name);
  const bool has_nul =
      name.find('\0') != std::string_view::npos;  // C functions would not see what follows it
  if (!has_nul) {
    if (auto ip = parse_ip(parsed.text)) {
      parsed.ip = std::move(*ip);
      return parsed;
    }
  }
  if (!only(name, name_characters)) return refuse_character(name);

  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > name_limit) return refuse({std::to_string(name.size()), " bytes, the limit is 253"});
  std::string_view bad_label;
  const auto fits = [&](std::string_view label) {
    bad_label = label;
    return !label.empty() && label.size() <= label_limit;
  };
  if (!each_label(name, fits)) {
    if (bad_label.empty()) return refuse({in_quotes(name), " has an empty label"});
    return refuse({"label of ", std::to_string(bad_label.size()), " bytes, the limit is 63"});
  }
  if (all_numeric(name)) return refuse({in_quotes(name), " looks like an IPv4 address, but is none"});
  parsed.text.resize(name.size());
  return parsed;
}

bool names(const alt_names& certificate, const server_name& name) noexcept {
  if (name.is_ip()) {
    return std::find(certificate.ips.begin(), certificate.ips.end(), name.ip) != certificate.ips.end();
  }
  return std::any_of(certificate.dns.begin(), certificate.dns.end(), [&](const std::string& san) {
    return matches_exactly(san, name.text) || matches_wildcard(san, name.text);
  });
}

std::size_t choose(std::span<const alt_names> certificates, std::string_view servername) noexcept {
  if (servername.ends_with('.')) servername.remove_suffix(1);
  if (!is_host(servername) || all_numeric(servername)) return 0;
  const auto first_that = [&](auto matches) {
    const auto found = std::find_if(certificates.begin(), certificates.end(), [&](const alt_names& names) {
      return std::any_of(names.dns.begin(), names.dns.end(),
                         [&](const std::string& san) { return matches(san, servername); });
    });
    return static_cast<std::size_t>(found - certificates.begin());
  };
  const std::size_t exact = first_that(matches_exactly);
  if (exact < certificates.size()) return exact;
  const std::size_t wild = first_that(matches_wildcard);
  return wild < certificates.size() ? wild : 0;
}

}  // namespace x509

STLS_NAMESPACE_END
