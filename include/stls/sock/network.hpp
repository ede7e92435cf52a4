// network: the IP addresses that begin with the same bits.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/address.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// network is a block of IPv4 or of IPv6 addresses, e.g. 10.0.0.0/8.
class STLS_EXPORT network {
 public:
  // parse reads "10.0.0.0/8" or "2001:db8::/32"; an address alone is a network of one. IPv4 addresses that
  // are mapped into IPv6 are IPv4 addresses: "::ffff:10.0.0.0/104" is 10.0.0.0/8. Errors:
  // errc::invalid_argument, also for bits behind the prefix, as in 10.0.0.1/8.
  [[nodiscard]] static result<network> parse(std::string_view text);

  // holds says whether an address is in it. An IPv4 address is in no network of IPv6, not even in "::/0", a
  // Unix-domain socket in none at all. The zone of an address, as in "fe80::1%eth0", is passed over.
  [[nodiscard]] bool holds(const address&) const noexcept;

  // text is "10.0.0.0/8".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const network&, const network&) = default;

 private:
  network(const std::array<std::uint8_t, 16>& bits, unsigned prefix) noexcept;
  [[nodiscard]] bool is_ipv4() const noexcept;

  std::array<std::uint8_t, 16> bits_;  // IPv4 mapped into IPv6
  std::uint8_t prefix_;                // of these
};

STLS_NAMESPACE_END
