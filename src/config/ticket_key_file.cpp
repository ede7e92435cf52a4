#include "config/ticket_key_file.hpp"

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "config/ticket_keys.hpp"
#include "config/words.hpp"

#include <stls/options.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace {

// key_list wipes what it holds.
class key_list {
 public:
  key_list() = default;
  key_list(const key_list&) = delete;
  key_list& operator=(const key_list&) = delete;
  ~key_list() {
    for (ticket_key& k : all) wipe(k.key);
  }
  std::vector<ticket_key> all;
};

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// parse_line says what is wrong with a line, or "". No sentence shows what is in it.
std::string_view parse_line(std::string_view line, ticket_key& key) {
  const auto words = split(line, " \t");
  if (words.size() != 2) return "is not a number, a blank and 96 hexadecimal digits";
  const std::string_view number = words[0];
  const auto read = std::from_chars(number.data(), number.data() + number.size(), key.keyrev);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size())
    return "does not begin with a number of 0 to 4294967295";
  const std::string_view digits = words[1];
  if (digits.size() != 2 * ticket_key_size) return "has a key of other than 96 hexadecimal digits";
  key.key.resize(ticket_key_size);
  for (std::size_t i = 0; i < ticket_key_size; ++i) {
    const int high = digit(digits[2 * i]);
    const int low = digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return "has a key of other than hexadecimal digits";
    key.key[i] = static_cast<char>(high * 16 + low);
  }
  return "";
}

}  // namespace

result<keyring> parse_ticket_key_file(std::string_view text) {
  key_list keys;
  keys.all.reserve(keyring::body::most);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    const auto wrong = [number](std::string_view what) {
      return fail(errc::bad_config, cat({"line ", std::to_string(number), " ", what}));
    };
    if (keys.all.size() == keyring::body::most) return wrong("is a fifth key; 4 are the most");
    const std::string_view what = parse_line(line, keys.all.emplace_back());
    if (!what.empty()) return wrong(what);
    const auto before = std::prev(keys.all.end());
    const auto same = [before](const ticket_key& k) { return k.keyrev == before->keyrev; };
    if (std::any_of(keys.all.begin(), before, same)) return wrong("has the number of a key before it");
  }
  if (keys.all.empty()) return fail(errc::bad_config, "it has no key");
  // What a keyring is given last seals.
  if (keys.all.size() > 1) std::swap(keys.all.back(), keys.all[keys.all.size() - 2]);
  return keyring::make(keys.all);
}

result<keyring> read_ticket_keys(const std::string& path) {
  auto text = read_document(material::file(path));
  if (!text) return in_option("ticket_keys", std::move(text.error()));
  auto ring = parse_ticket_key_file(text->view());
  if (!ring) return in_option(cat({"ticket_keys: '", escaped(path), "'"}), std::move(ring.error()));
  return ring;
}

STLS_NAMESPACE_END
