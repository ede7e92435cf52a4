#include "config/groups.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

struct spelling {
  std::string_view canonical;
  std::string_view other;
};

// Names of RFC 8446 section 4.2.7, of NIST, of ANSI X9.62 and of SEC 2.
constexpr std::array<spelling, 12> spellings = {{
    {"X25519MLKEM768", "X25519MLKEM768"},
    {"X25519", "X25519"},
    {"P-256", "P-256"},
    {"P-256", "prime256v1"},
    {"P-256", "secp256r1"},
    {"P-384", "P-384"},
    {"P-384", "secp384r1"},
    {"P-521", "P-521"},
    {"P-521", "secp521r1"},
    {"X448", "X448"},
    {"SecP256r1MLKEM768", "SecP256r1MLKEM768"},
    {"SecP384r1MLKEM1024", "SecP384r1MLKEM1024"},
}};

constexpr std::string_view known_text = "X25519MLKEM768, X25519, P-256, P-384, P-521, X448";

std::vector<std::string_view> default_groups() { return {"X25519MLKEM768", "X25519", "P-256", "P-384"}; }

tl::unexpected<error> unknown_group(std::string_view option, std::string_view word, std::string_view text) {
  std::array<std::string_view, spellings.size()> known;
  std::transform(spellings.begin(), spellings.end(), known.begin(),
                 [](const spelling& s) { return s.other; });
  return unknown_word(option, word, known, text);
}

}  // namespace

std::string_view canonical_group(std::string_view word) noexcept {
  for (const auto& [canonical, other] : spellings) {
    if (same_word(word, other)) return canonical;
  }
  return {};
}

result<group_list> parse_groups(std::string_view ecdhecurve, std::string_view ecdhecurves) {
  if (!ecdhecurve.empty() && !ecdhecurves.empty()) {
    return fail(errc::bad_config, "ecdhecurve, ecdhecurves: both given; the list alone is enough");
  }
  if (same_word(ecdhecurve, "none")) return group_list{.names = {}, .chosen = true};
  if (same_word(ecdhecurve, "auto")) return group_list{.names = default_groups(), .chosen = false};
  if (!ecdhecurve.empty()) {
    const std::string_view name = canonical_group(ecdhecurve);
    if (name.empty()) return unknown_group("ecdhecurve", ecdhecurve, cat({"none, auto, ", known_text}));
    return group_list{.names = {name}, .chosen = true};
  }
  const auto words = split(ecdhecurves, list_separators);
  if (words.empty()) return group_list{.names = default_groups(), .chosen = false};
  group_list list{.names = {}, .chosen = true};
  for (const std::string_view word : words) {
    const std::string_view name = canonical_group(word);
    if (name.empty()) return unknown_group("ecdhecurves", word, known_text);
    if (std::find(list.names.begin(), list.names.end(), name) == list.names.end()) list.names.push_back(name);
  }
  return list;
}

STLS_NAMESPACE_END
