// Name constraints of certification authorities (RFC 5280 section 4.2.1.10).
#pragma once

#include "x509/certificate.hpp"
#include "x509/der.hpp"

#include <stls/export.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// general_name is a name of a certificate, or the base of a subtree.
struct general_name {
  tag choice{};  // context(1) a mailbox, context(2) a DNS name, context_constructed(4) a directory name ...
  std::string text;  // of a directory name its canonical form (canonical_name.hpp), else the octets
};

// constrained_names gives all names of a certificate that constraints speak of: the subject, its emailAddress
// attributes, the subjectAltNames. The path's own certificate (`leaf`) without any DNS name among these has
// also those CNs that look like one: OpenSSL judges them, RFC 5280 does not know of that. Nothing: one that
// cannot be read.
[[nodiscard]] std::optional<std::vector<general_name>> constrained_names(const certificate&, bool leaf);

struct subtree {
  general_name base;
  bool whole = true;  // false: it has a minimum or maximum, which RFC 5280 forbids
};
struct name_constraints {
  std::vector<subtree> permitted;
  std::vector<subtree> excluded;
};

// parse_name_constraints reads the extension's value. Nothing: malformed.
[[nodiscard]] std::optional<name_constraints> parse_name_constraints(der_view value);

enum class name_verdict {
  good,
  not_permitted,        // there are permitted subtrees of the name's kind, and it is in none
  excluded,             //
  not_whole,            // a subtree of the name's kind has a minimum or maximum
  unsupported_kind,     // a subtree of the name's kind, and we do not know how to compare those
  unsupported_syntax,   // a name or a base that cannot be understood
  too_many_comparisons  //
};

// judge_names holds names against the constraints of a CA above them. Kinds that are compared: DNS names,
// addresses, mailboxes, URIs, directory names. Each comparison takes one from the budget. Where this differs
// from OpenSSL, it refuses more: a wildcard that covers an excluded DNS name, a URI with user information or
// an address for a host, an SmtpUTF8Mailbox below any constraint on mailboxes.
// A base that begins with a dot stands for what is below it, as OpenSSL has it; RFC 5280 knows that of URIs
// and mailboxes alone.
[[nodiscard]] name_verdict judge_names(const name_constraints&, const std::vector<general_name>&,
                                       std::size_t& budget);

}  // namespace x509

STLS_NAMESPACE_END
