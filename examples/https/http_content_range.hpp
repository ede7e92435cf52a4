// Which part of a file a response is (RFC 9110 section 14.4).
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace http {

// content_range is a part of a file: from byte `first` to byte `last`, of `total`.
struct content_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

// read_content_range reads "bytes 500-999/2000". A part of a file whose size nobody knows is none here: there
// is nothing to say afterwards that all of it is there.
[[nodiscard]] inline std::optional<content_range> read_content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const auto number = [&](std::uint64_t& into, std::string_view end) {
    const auto [stopped, failure] = std::from_chars(text.data(), text.data() + text.size(), into);
    if (failure != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    if (end.empty() ? !text.empty() : !text.starts_with(end)) return false;
    text.remove_prefix(end.size());
    return true;
  };
  content_range part;
  if (!number(part.first, "-") || !number(part.last, "/") || !number(part.total, "")) return std::nullopt;
  if (part.first > part.last || part.last >= part.total) return std::nullopt;
  return part;
}

}  // namespace http
