// Words for sentences.
#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::size_t quoted_limit = 100;
constexpr std::size_t word_limit = 64;  // no option, cipher or group has a longer name

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void append_escaped(std::string& out, std::string_view untrusted) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : untrusted) {
    if (c >= ' ' && c <= '~' && c != '\'' && c != '\\') {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += "\\x";
      out += digits[octet >> 4U];
      out += digits[octet & 0xfU];
    }
  }
}

// edits counts letters put in, left out, replaced, or swapped with their neighbour (optimal string
// alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) { return lower(x) == lower(y); };
  std::vector<std::size_t> before(b.size() + 1);  // the last three rows of the table
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0U : 1U);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::string cat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string joined;
  joined.reserve(size);
  for (const std::string_view part : parts) joined += part;
  return joined;
}

std::string in_quotes(std::string_view untrusted) {
  std::string out = "'";
  append_escaped(out, untrusted.substr(0, quoted_limit));
  // The dots stand outside: inside they could be the text's own.
  out += untrusted.size() > quoted_limit ? "'..." : "'";
  return out;
}

std::string escaped(std::string_view untrusted) {
  std::string out;
  out.reserve(untrusted.size());
  append_escaped(out, untrusted);
  return out;
}

std::vector<std::string_view> split(std::string_view list, std::string_view separators) {
  std::vector<std::string_view> items;
  std::size_t begin = list.find_first_not_of(separators);
  while (begin != std::string_view::npos) {
    const std::size_t end = std::min(list.find_first_of(separators, begin), list.size());
    items.push_back(list.substr(begin, end - begin));
    begin = list.find_first_not_of(separators, end);
  }
  return items;
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view nearest(std::string_view misspelt, std::span<const std::string_view> known) {
  std::string_view best;
  if (misspelt.size() > word_limit) return best;
  // More edits than a third of the word make another word, not a slip.
  std::size_t fewest = std::max<std::size_t>(1, misspelt.size() / 3) + 1;
  for (const std::string_view word : known) {
    const std::size_t distance = edits(misspelt, word);
    if (distance < fewest && distance < word.size()) {
      fewest = distance;
      best = word;
    }
  }
  return best;
}

STLS_NAMESPACE_END
