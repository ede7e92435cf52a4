// What a client that has a part or an older copy of a file asks for (RFC 9110 sections 13 and 14).
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "http_date.hpp"
#include "http_message.hpp"

namespace http {

// version says which state of a file this is.
struct version {
  std::string etag;  // with its quotation marks; it is strong
  std::chrono::sys_seconds modified;
};

namespace detail {

// Whether the tag is in a list like `"a", W/"b"`, or the list is "*". A weak tag of the client's counts only
// where that is enough (RFC 9110 section 8.8.3.2).
[[nodiscard]] inline bool names_tag(std::string_view list, std::string_view tag, bool weak_is_enough) {
  if (trimmed(list) == "*") return true;
  for (;;) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const auto end = list.starts_with('"') ? list.find('"', 1) : list.npos;
    if (end == list.npos) return false;
    if (list.substr(0, end + 1) == tag && (weak_is_enough || !weak)) return true;
    list.remove_prefix(end + 1);
  }
}

}  // namespace detail

// intent is what becomes of the file.
enum class intent : std::uint8_t { read, change };

// precondition gives the status that the request's conditions ask for instead of what it would have been, 304
// or 412; 0 if they hold. `now` is nothing where there is no file. The order is that of RFC 9110
// section 13.2.2.
[[nodiscard]] inline int precondition(const fields& header, intent wants, const version* now) {
  const auto date = [&](std::string_view name) -> std::optional<std::chrono::sys_seconds> {
    const std::string* const value = header.find(name);
    return value == nullptr ? std::nullopt : read_date(*value);
  };
  if (const std::string* const tags = header.find("if-match"); tags != nullptr) {
    if (now == nullptr || !detail::names_tag(*tags, now->etag, false)) return 412;
  } else if (const auto limit = date("if-unmodified-since"); limit && now != nullptr) {
    if (now->modified > *limit) return 412;
  }
  if (const std::string* const tags = header.find("if-none-match"); tags != nullptr) {
    if (now != nullptr && detail::names_tag(*tags, now->etag, true)) return wants == intent::read ? 304 : 412;
  } else if (const auto since = date("if-modified-since"); since && now != nullptr && wants == intent::read) {
    if (now->modified <= *since) return 304;
  }
  return 0;
}

// byte_range is the part of a file that is asked for; one that cannot be satisfied has no bytes.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

// range_of gives the part that the request asks for, or nothing where the whole is to be sent: it asks for
// none, for several at once, for something else than bytes, or the file is another one than it began with
// (If-Range).
[[nodiscard]] inline std::optional<byte_range> range_of(const fields& header, const version& now,
                                                        std::uint64_t size) {
  const std::string* const value = header.find("range");
  if (value == nullptr || header.count("range") > 1) return std::nullopt;
  if (const std::string* const same = header.find("if-range"); same != nullptr) {
    // A date is not enough: what was written twice in a second has one (RFC 9110 section 8.8.2.2).
    if (*same != now.etag) return std::nullopt;
  }
  std::string_view text = *value;
  if (!lower(text.substr(0, 6)).starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;

  // A number that is too large to be one is beyond the end of every file.
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
    std::uint64_t parsed = 0;
    const auto failure = std::from_chars(digits.data(), digits.data() + digits.size(), parsed).ec;
    return failure == std::errc() ? parsed : UINT64_MAX;
  };
  const std::string_view before = trimmed(text.substr(0, dash));
  const std::string_view behind = trimmed(text.substr(dash + 1));
  const auto first = number(before);
  const auto last = number(behind);
  if (before.empty() && last) {  // the last so many bytes
    const std::uint64_t suffix = std::min(*last, size);
    return byte_range{size - suffix, suffix};
  }
  if (!first || (!last && !behind.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return byte_range{};
  return byte_range{*first, (last ? std::min(*last, size - 1) : size - 1) - *first + 1};
}

}  // namespace http
