// A port on the command line.
#pragma once

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string_view>

inline std::uint16_t port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), port);
  if (failure != std::errc() || end != text.end())
    throw std::runtime_error("`" + std::string(text) + "' is no port: must be a number from 0 to 65535");
  return port;
}
