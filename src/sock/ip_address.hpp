// ip_address: an IPv4 or IPv6 address as bytes.
#pragma once

#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// ip_address holds an IPv4 address as it is mapped into IPv6 (RFC 4291 section 2.5.5.2), so that it is the
// same address however it came.
struct ip_address {
  std::array<std::uint8_t, 16> bytes{};

  // Zones are not taken, nor are IPv4 addresses with leading zeros or fewer than four numbers.
  [[nodiscard]] static std::optional<ip_address> parse_v4(std::string_view text) noexcept;
  [[nodiscard]] static std::optional<ip_address> parse_v6(std::string_view text) noexcept;
  // of takes 4 or 16 bytes in network order.
  [[nodiscard]] static ip_address of(std::span<const std::byte> wire) noexcept;

  [[nodiscard]] bool is_v4() const noexcept;
  [[nodiscard]] std::string text() const;  // "192.0.2.1", "2001:db8::1"
};

STLS_NAMESPACE_END
