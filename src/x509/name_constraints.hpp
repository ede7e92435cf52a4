// Name constraints of certification authorities (RFC 5280 section 4.2.1.10).
#pragma once

#include "x509/certificate.hpp"
#include "x509/der.hpp"

#include <stls/export.hpp>

#include <cstddef>
#include <optional>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// constrained_name is a GeneralName: of a certificate (subjectAltName), or the base of a subtree.
struct constrained_name {
  tag kind{};  // context(1) is a mailbox, context(2) a DNS name, context_constructed(4) a directory name ...
  der_view content;  // of a directory name the Name, the whole SEQUENCE
};

// name_constraints is a parsed extension. Its views point into the certificate.
struct name_constraints {
  std::vector<constrained_name> permitted;
  std::vector<constrained_name> excluded;
};

// parse_name_constraints reads the extension's value. Nothing: malformed, empty, with an IP mask that has
// holes, or with minimum or maximum (which RFC 5280 forbids, and OpenSSL refuses when it comes to use them).
[[nodiscard]] std::optional<name_constraints> parse_name_constraints(der_view value);

enum class name_verdict {
  good,
  not_permitted,  // there are permitted subtrees of the name's kind, and it is in none
  excluded,
  unsupported,  // a subtree of a kind that is not known, and the certificate has a name of that kind; or
                // a base, or a name, that cannot be understood
  too_many,     // the names times the subtrees are too many to compare
};

// judge_names holds the names of a certificate below a CA against the CA's constraints: the subject if it is
// not empty, the subject's emailAddress attributes, each subjectAltName.
// The CN is judged as a DNS name where it looks like one, the certificate is the path's own (`leaf`) and has
// no DNS name as subjectAltName: OpenSSL does so, RFC 5280 does not know it.
// Comparisons are bounded: names times subtrees, 2^20 as in OpenSSL.
[[nodiscard]] name_verdict judge_names(const name_constraints&, const certificate&, bool leaf);

}  // namespace x509

STLS_NAMESPACE_END
