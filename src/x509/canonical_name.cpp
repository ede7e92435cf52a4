// When two distinguished names are the same.
#include "x509/canonical_name.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "x509/attribute_reader.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

// append_counted puts the size in front, so that no part can be taken for the beginning of a longer one.
void append_counted(std::string& out, std::string_view part) {
  for (unsigned shift = 32; shift != 0; shift -= 8)
    out += static_cast<char>(part.size() >> (shift - 8) & 0xffU);
  out += part;
}

std::string fold(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool blank_before = true;  // so that those in front are dropped
  for (const char c : text) {
    const bool blank = blanks.find(c) != std::string_view::npos;
    if (!blank) {
      folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!blank_before) {
      folded += ' ';
    }
    blank_before = blank;
  }
  if (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

std::string canonical_attribute(const attribute& a) {
  std::string out;
  append_counted(out, as_text(a.type));
  const auto text = as_utf8(a);
  out += static_cast<char>(text ? tag::utf8_string : a.string_type);
  append_counted(out, text ? fold(*text) : as_text(a.value));
  return out;
}

void append_set(std::string& out, std::vector<std::string>& set) {
  std::sort(set.begin(), set.end());
  std::string content;
  for (const std::string& a : set) content += a;
  append_counted(out, content);
  set.clear();
}

}  // namespace

std::optional<std::string> canonical_name(der_view name) {
  std::string out;
  std::vector<std::string> set;
  attribute_reader reader(name);
  while (const auto a = reader.next()) {
    if (!a->same_set && !set.empty()) append_set(out, set);
    set.push_back(canonical_attribute(*a));
  }
  if (!reader.ok()) return std::nullopt;
  if (!set.empty()) append_set(out, set);
  return out;
}

}  // namespace x509

STLS_NAMESPACE_END
