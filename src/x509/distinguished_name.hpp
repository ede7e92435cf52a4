// Distinguished names as text.
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <string>

STLS_NAMESPACE_BEGIN

namespace x509 {

// well_formed says whether a Name is a sequence of non-empty sets of attributes (RFC 5280 section 4.1.2.4),
// whose values are strings in DER. Without any attribute it is well formed too.
[[nodiscard]] bool well_formed(der_view name) noexcept;

// oneline gives a Name (its whole SEQUENCE) in the form of tls_peer_cert_subject(3), which is that of
// OpenSSL's X509_NAME_oneline: /C=SE/O=Acme/CN=example.org; attribute types by their usual short names,
// others as dotted numbers; bytes outside of printable ASCII as \xHH, `/` and `+` in a value with a backslash
// before them, `+` between the attributes of one set. Malformed, or more than 1 MiB of text: "".
[[nodiscard]] std::string oneline(der_view name);

// common_name is the value of the last CN, as UTF-8; empty: none, malformed, or with a NUL in it.
[[nodiscard]] std::string common_name(der_view name);

}  // namespace x509

STLS_NAMESPACE_END
