// The sentences that refuse an option's value.
#pragma once

#include "base/fail.hpp"
#include "base/text.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <span>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// Options that are lists are separated by any of these, as in libtls's own and in its bindings.
inline constexpr std::string_view list_separators = ",: \t";

// unknown_word: `protocols: unknown word 'tlsv1.4' (did you mean 'tlsv1.3'?); known are ...`
[[nodiscard]] inline tl::unexpected<error> unknown_word(std::string_view option, std::string_view word,
                                                        std::span<const std::string_view> known,
                                                        std::string_view known_text) {
  const std::string_view near = nearest(word, known);
  const std::string hint = near.empty() ? std::string() : cat({" (did you mean '", near, "'?)"});
  return fail(errc::bad_config,
              cat({option, ": unknown word ", in_quotes(word), hint, "; known are ", known_text}));
}

// not_yet_supported: what a later version will do.
[[nodiscard]] inline tl::unexpected<error> not_yet_supported(std::string_view option) {
  return fail(errc::unsupported, cat({option, ": not yet supported"}));
}

// in_option puts the option's name before the sentence of an error from below.
[[nodiscard]] inline tl::unexpected<error> in_option(std::string_view option, error e) {
  e.message = cat({option, ": ", e.message});
  return fail(std::move(e));
}

STLS_NAMESPACE_END
