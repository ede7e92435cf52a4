// The path of a request as the names that it leads through.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_message.hpp"

namespace http {

namespace detail {
[[nodiscard]] constexpr int hexadecimal(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}
}  // namespace detail

// path_names decodes a path, which begins with a slash. "/a/b%20c" is {"a", "b c"}; the last name is empty
// where the path ends with a slash: it is a directory's.
//
// No name can lead elsewhere: one that is "." or "..", that holds a slash or a NUL, however they were
// written, or that is empty but for the last, is refused. Clients resolve dots before they send a path.
[[nodiscard]] inline reading<std::vector<std::string>> path_names(std::string_view path) {
  if (!path.starts_with('/')) return refuse(400, "the path does not begin with a slash");
  std::vector<std::string> names(1);
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '/') {
      names.emplace_back();
      continue;
    }
    char c = path[i];
    if (c == '%') {
      const int high = i + 2 < path.size() ? detail::hexadecimal(path[i + 1]) : -1;
      const int low = i + 2 < path.size() ? detail::hexadecimal(path[i + 2]) : -1;
      if (high < 0 || low < 0) return refuse(400, "a percent sign in the path encodes nothing");
      c = static_cast<char>(high << 4 | low);
      if (c == '\0' || c == '/') return refuse(400, "the path encodes what no name may hold");
      i += 2;
    }
    names.back() += c;
  }
  for (const std::string& name : names) {
    if (name == "." || name == "..") return refuse(400, "the path has dots");
    if (name.empty() && &name != &names.back()) return refuse(400, "the path has an empty name");
  }
  return names;
}

}  // namespace http
