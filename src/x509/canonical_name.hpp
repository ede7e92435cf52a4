// When two distinguished names are the same (RFC 5280 section 7.1).
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <optional>
#include <string>

STLS_NAMESPACE_BEGIN

namespace x509 {

// canonical_name gives a Name in a form in which equal names are equal bytes, and a name that begins with all
// attributes of another begins with its bytes. Strings are compared as UTF-8, without regard to ASCII case,
// to blanks at the ends and to the number of blanks in a row; of other types as they stand. The order of the
// attributes in a set does not matter. Nothing: malformed.
// OpenSSL does the same; RFC 5280 asks for Unicode's case folding and normalisation too.
[[nodiscard]] std::optional<std::string> canonical_name(der_view name);

}  // namespace x509

STLS_NAMESPACE_END
