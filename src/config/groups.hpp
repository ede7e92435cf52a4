// The groups of the key exchange: the options ecdhecurve and ecdhecurves.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// group_list is what the two options say, by the canonical names: those of RFC 8446, or NIST's for its
// curves.
struct group_list {
  std::vector<std::string_view> names;  // in order of preference; empty: no ECDHE
  bool chosen = false;  // named by the options; not so: the default, where what is lacking is no news
};

// parse_groups reads both options; at most one may be given.
[[nodiscard]] result<group_list> parse_groups(std::string_view ecdhecurve, std::string_view ecdhecurves);

// canonical_group gives the canonical name of any spelling, e.g. "P-256" for "prime256v1"; "" if unknown.
[[nodiscard]] std::string_view canonical_group(std::string_view word) noexcept;

STLS_NAMESPACE_END
