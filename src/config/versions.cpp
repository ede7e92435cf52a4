#include "config/versions.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/words.hpp"

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

// The words that mean several versions mean 1.2 and 1.3, `tlsv1` among them, as in LibreSSL 4.
constexpr std::array<std::string_view, 5> words_for_both = {"all", "legacy", "default", "secure", "tlsv1"};
constexpr std::array<std::string_view, 8> known = {"tlsv1.2", "tlsv1.3", "all",     "legacy",
                                                   "default", "secure",  "tlsv1.0", "tlsv1.1"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return same_word(word, w); });
}

result<void> set_version(version_set& set, std::string_view word) {
  const bool add = !word.starts_with('!');
  if (!add) word.remove_prefix(1);
  if (is_one_of(word, words_for_both)) {
    set.tls1_2 = add;
    set.tls1_3 = add;
  } else if (same_word(word, "tlsv1.0")) {
    set.tls1_0 = add;
  } else if (same_word(word, "tlsv1.1")) {
    set.tls1_1 = add;
  } else if (same_word(word, "tlsv1.2")) {
    set.tls1_2 = add;
  } else if (same_word(word, "tlsv1.3")) {
    set.tls1_3 = add;
  } else {
    return unknown_word("protocols", word, known,
                        "tlsv1.2, tlsv1.3, all, secure, and tlsv1.0, tlsv1.1 by themselves");
  }
  return {};
}

bool has_hole(const version_set& set) {
  const std::array<bool, 4> in_order = {set.tls1_0, set.tls1_1, set.tls1_2, set.tls1_3};
  const auto* const first = std::find(in_order.begin(), in_order.end(), true);
  const auto* const end = std::find(first, in_order.end(), false);
  return std::find(end, in_order.end(), true) != in_order.end();
}

}  // namespace

result<version_set> parse_versions(std::string_view words) {
  const auto list = split(words, list_separators);
  if (list.empty()) return version_set{};
  version_set set{.tls1_2 = false, .tls1_3 = false};
  if (list.front().starts_with('!')) set = {};
  for (const std::string_view word : list) {
    if (auto done = set_version(set, word); !done) return fail(std::move(done.error()));
  }
  if (set.empty()) {
    return fail(errc::bad_config,
                cat({"protocols: ", in_quotes(words), " leaves no version; name tlsv1.2, tlsv1.3 or both"}));
  }
  if (has_hole(set)) {
    return fail(errc::bad_config,
                cat({"protocols: ", in_quotes(words), " has a hole; versions must follow one another"}));
  }
  // One config for both would do old handshakes with whoever asks for them, weakened as they are.
  if (set.old() && (set.tls1_2 || set.tls1_3)) {
    return fail(errc::bad_config, cat({"protocols: ", in_quotes(words), " mixes old and new versions; ",
                                       "tlsv1.0 and tlsv1.1 need a config of their own"}));
  }
  return set;
}

std::string to_string(const version_set& set) {
  std::string text;
  const auto add = [&](bool there, std::string_view name) {
    if (there) text += cat({text.empty() ? "" : ",", name});
  };
  add(set.tls1_0, "tlsv1.0");
  add(set.tls1_1, "tlsv1.1");
  add(set.tls1_2, "tlsv1.2");
  add(set.tls1_3, "tlsv1.3");
  return text;
}

STLS_NAMESPACE_END
