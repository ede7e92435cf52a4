// The type of a file, by its name.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "http_message.hpp"

namespace http {

// content_type gives the type of what browsers show; all else they save.
[[nodiscard]] inline std::string_view content_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 22> known = {{
      {"avif", "image/avif"},
      {"css", "text/css; charset=utf-8"},
      {"csv", "text/csv; charset=utf-8"},
      {"gif", "image/gif"},
      {"html", "text/html; charset=utf-8"},
      {"ico", "image/x-icon"},
      {"jpeg", "image/jpeg"},
      {"jpg", "image/jpeg"},
      {"js", "text/javascript; charset=utf-8"},
      {"json", "application/json"},
      {"md", "text/markdown; charset=utf-8"},
      {"mp3", "audio/mpeg"},
      {"mp4", "video/mp4"},
      {"pdf", "application/pdf"},
      {"png", "image/png"},
      {"svg", "image/svg+xml"},
      {"txt", "text/plain; charset=utf-8"},
      {"wasm", "application/wasm"},
      {"webm", "video/webm"},
      {"webp", "image/webp"},
      {"woff2", "font/woff2"},
      {"xml", "application/xml"},
  }};
  const auto dot = name.rfind('.');
  if (dot != name.npos) {
    const std::string extension = lower(name.substr(dot + 1));
    for (const auto& [one, type] : known) {
      if (one == extension) return type;
    }
  }
  return "application/octet-stream";
}

}  // namespace http
