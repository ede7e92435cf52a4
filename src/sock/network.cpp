#include <stls/sock/network.hpp>

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/decimal.hpp"
#include "sock/ip_address.hpp"

#include <optional>

STLS_NAMESPACE_BEGIN

namespace {

constexpr unsigned mapped_bits = 96;  // in front of an IPv4 address

std::optional<ip_address> parse_either(std::string_view text) noexcept {
  const auto v4 = ip_address::parse_v4(text);
  return v4 ? v4 : ip_address::parse_v6(text);
}

// cut gives the address with zeros behind the prefix.
ip_address cut(ip_address a, unsigned prefix) noexcept {
  for (unsigned i = 0; i < a.bytes.size(); ++i) {
    const unsigned kept = prefix <= 8 * i ? 0 : prefix - 8 * i;
    if (kept < 8) a.bytes.at(i) &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return a;
}

}  // namespace

network::network(const std::array<std::uint8_t, 16>& bits, unsigned prefix) noexcept
    : bits_(bits), prefix_(static_cast<std::uint8_t>(prefix)) {}

bool network::is_ipv4() const noexcept { return prefix_ >= mapped_bits && ip_address{bits_}.is_v4(); }

result<network> network::parse(std::string_view text) {
  return guarded([&]() -> result<network> {
    const auto slash = text.find('/');
    const std::string_view front = text.substr(0, slash);
    const auto first = parse_either(front);
    if (!first) {
      return fail(errc::invalid_argument, cat({"network: ", in_quotes(front),
                                               " is no IP address; e.g. 10.0.0.0/8 or 2001:db8::/32"}));
    }
    const bool dotted = front.find(':') == front.npos;
    unsigned prefix = 128;
    if (slash != text.npos) {
      const std::string_view behind = text.substr(slash + 1);
      const auto bits = parse_decimal(behind, dotted ? 32 : 128);
      if (!bits) {
        return fail(errc::invalid_argument, cat({"network: ", in_quotes(text), ": the prefix must be 0 to ",
                                                 dotted ? "32" : "128", " bits"}));
      }
      prefix = dotted ? *bits + mapped_bits : *bits;
    }
    const network made(cut(*first, prefix).bytes, prefix);
    if (made.bits_ != first->bytes) {
      return fail(errc::invalid_argument, cat({"network: ", in_quotes(text),
                                               " has bits behind its prefix; the network is ", made.text()}));
    }
    return made;
  });
}

bool network::holds(const address& a) const noexcept {
  const std::string_view host = a.host;
  const auto at = parse_either(host.substr(0, host.find('%')));
  return at && at->is_v4() == is_ipv4() && cut(*at, prefix_).bytes == bits_;
}

std::string network::text() const {
  const unsigned bits = is_ipv4() ? prefix_ - mapped_bits : prefix_;
  return cat({ip_address{bits_}.text(), "/", std::to_string(bits)});
}

STLS_NAMESPACE_END
