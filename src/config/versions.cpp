#include "config/versions.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/words.hpp"

#include <array>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::array<std::string_view, 4> words_for_both = {"all", "legacy", "default", "secure"};
constexpr std::array<std::string_view, 8> known = {"tlsv1.2", "tlsv1.3", "all",     "legacy",
                                                   "default", "secure",  "tlsv1.0", "tlsv1.1"};

}  // namespace

result<version_set> parse_versions(std::string_view words) {
  const auto list = split(words, list_separators);
  if (list.empty()) return version_set{};
  version_set set{.tls1_2 = false, .tls1_3 = false};
  if (list.front().starts_with('!')) set = {};
  for (std::string_view word : list) {
    const bool add = !word.starts_with('!');
    if (!add) word.remove_prefix(1);
    bool both = same_word(word, "tlsv1");
    for (const auto name : words_for_both) both = both || same_word(word, name);
    const bool old = same_word(word, "tlsv1.0") || same_word(word, "tlsv1.1");
    if (both || same_word(word, "tlsv1.2")) set.tls1_2 = add;
    if (both || same_word(word, "tlsv1.3")) set.tls1_3 = add;
    if (old && add) return not_yet_supported(cat({"protocols: ", word}));
    if (!both && !old && !same_word(word, "tlsv1.2") && !same_word(word, "tlsv1.3")) {
      return unknown_word("protocols", word, known, "tlsv1.2, tlsv1.3, all, secure");
    }
  }
  if (set.empty()) {
    return fail(errc::bad_config,
                cat({"protocols: ", in_quotes(words), " leaves no version; name tlsv1.2, tlsv1.3 or both"}));
  }
  return set;
}

std::string to_string(const version_set& set) {
  if (set.tls1_2 && set.tls1_3) return "tlsv1.2,tlsv1.3";
  return set.tls1_3 ? "tlsv1.3" : "tlsv1.2";
}

STLS_NAMESPACE_END
