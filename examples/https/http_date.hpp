// Dates as HTTP writes them (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace http {

namespace detail {
constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
}  // namespace detail

[[nodiscard]] inline std::string date_text(std::chrono::sys_seconds when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                detail::weekdays[std::chrono::weekday(day).c_encoding()].data(),
                static_cast<unsigned>(date.day()),
                detail::months[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

// read_date reads that form alone. Nobody has written the two older ones in this century, and who sends one
// gets the whole file.
[[nodiscard]] inline std::optional<std::chrono::sys_seconds> read_date(std::string_view text) {
  if (text.size() != 29) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = -1;
    const char* const end = text.data() + at + size;
    const auto [stopped, failure] = std::from_chars(text.data() + at, end, value);
    return failure == std::errc() && stopped == end ? value : -1;
  };
  unsigned month = 0;
  while (month < 12 && detail::months[month] != text.substr(8, 3)) ++month;
  const std::chrono::year_month_day date{std::chrono::year(number(12, 4)), std::chrono::month(month + 1),
                                         std::chrono::day(static_cast<unsigned>(number(5, 2)))};
  const int hours = number(17, 2);
  const int minutes = number(20, 2);
  const int seconds = number(23, 2);
  if (!date.ok() || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
    return std::nullopt;
  // What stands between the numbers, and the day of the week, must be what we would have written.
  const auto when = std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                    std::chrono::seconds(seconds);
  if (date_text(when) != text) return std::nullopt;
  return when;
}

}  // namespace http
