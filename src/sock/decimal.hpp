// decimal: numbers as addresses and headers have them: digits alone, with no zero in front.
#pragma once

#include <stls/export.hpp>

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

STLS_NAMESPACE_BEGIN

// parse_decimal gives one up to `most`; nothing: it is none.
[[nodiscard]] inline std::optional<unsigned> parse_decimal(std::string_view text, unsigned most) noexcept {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, failure] = std::from_chars(text.data(), end, number);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (failure != std::errc() || read != end || leading_zero || number > most) return std::nullopt;
  return number;
}

STLS_NAMESPACE_END
