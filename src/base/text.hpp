// Words for sentences: joining, quoting, splitting lists, the nearest known name.
#pragma once

#include <stls/export.hpp>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// cat joins its arguments.
[[nodiscard]] std::string cat(std::initializer_list<std::string_view> parts);

// in_quotes puts untrusted text in single quotes: bytes outside of printable ASCII, single quotes and
// backslashes as \xHH, and no more than 100 bytes of it; then "..." follows the quotes.
[[nodiscard]] std::string in_quotes(std::string_view untrusted);

// escaped is the same without the quotes and without the limit.
[[nodiscard]] std::string escaped(std::string_view untrusted);

// split cuts a list at any of the separators, without the empty items that come of several separators in a
// row.
[[nodiscard]] std::vector<std::string_view> split(std::string_view list, std::string_view separators);

// lower_case changes ASCII letters alone, whatever the locale says.
[[nodiscard]] std::string lower_case(std::string_view text);

// same_word compares without regard to ASCII case.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

// nearest gives the known name that is least edits away from a misspelt one, or "" where none is near.
[[nodiscard]] std::string_view nearest(std::string_view misspelt, std::span<const std::string_view> known);

STLS_NAMESPACE_END
