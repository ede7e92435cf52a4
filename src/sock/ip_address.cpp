#include "sock/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// inet_pton wants a C string.
bool parsed(int family, std::string_view text, std::uint8_t* into) noexcept {
  std::array<char, INET6_ADDRSTRLEN> c_string{};
  if (text.size() >= c_string.size() || text.find('\0') != text.npos) return false;
  std::copy(text.begin(), text.end(), c_string.begin());
  return ::inet_pton(family, c_string.data(), into) == 1;
}

}  // namespace

std::optional<ip_address> ip_address::parse_v4(std::string_view text) noexcept {
  ip_address a;
  std::copy(mapped.begin(), mapped.end(), a.bytes.begin());
  if (!parsed(AF_INET, text, a.bytes.data() + mapped.size())) return std::nullopt;
  return a;
}

std::optional<ip_address> ip_address::parse_v6(std::string_view text) noexcept {
  ip_address a;
  if (!parsed(AF_INET6, text, a.bytes.data())) return std::nullopt;
  return a;
}

ip_address ip_address::of(std::span<const std::byte> wire) noexcept {
  ip_address a;
  std::size_t at = 0;
  if (wire.size() == 4) {
    std::copy(mapped.begin(), mapped.end(), a.bytes.begin());
    at = mapped.size();
  }
  std::memcpy(a.bytes.data() + at, wire.data(), wire.size());
  return a;
}

bool ip_address::is_v4() const noexcept { return std::equal(mapped.begin(), mapped.end(), bytes.begin()); }

std::string ip_address::text() const {
  std::array<char, INET6_ADDRSTRLEN> written{};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? mapped.size() : 0), written.data(),
              static_cast<socklen_t>(written.size()));
  return written.data();
}

STLS_NAMESPACE_END
