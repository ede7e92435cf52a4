// A certificate as the search for a path sees it.
#pragma once

#include "x509/certificate.hpp"
#include "x509/extensions.hpp"
#include "x509/name_constraints.hpp"
#include "x509/public_key.hpp"
#include "x509/signature_algorithm.hpp"

#include <stls/export.hpp>

#include <optional>
#include <string>

STLS_NAMESPACE_BEGIN

namespace x509 {

struct path_candidate {
  const certificate* of = nullptr;
  bool well_formed = true;  // its names and those of its extensions that are read here
  bool unknown_critical = false;
  bool proxy = false;           // RFC 3820
  std::string subject, issuer;  // canonical
  std::optional<public_key> key;
  signature_algorithm signed_with;
  std::optional<basic_constraints> constraints;
  std::optional<key_usage> usage;
  std::optional<extended_key_usage> extended_usage;
  std::optional<netscape_type> old_usage;
  std::optional<name_constraints> subtrees;
  std::optional<der_view> key_id;
  std::optional<authority_key_identifier> authority;
  std::string authority_issuer;  // canonical, if `authority` names one

  [[nodiscard]] bool self_issued() const noexcept { return subject == issuer; }
  // self_signed says whether it looks like it, as could_have_issued does; its signature is not verified, and
  // may be of an algorithm that is not known.
  [[nodiscard]] bool self_signed() const noexcept;
};

// look_at reads what a search asks for. Extensions may be critical if they are known; OpenSSL's list is
// longer by the address blocks and AS numbers of RFC 3779, which we do not judge. Both key identifiers are
// not in it: RFC 5280 forbids that they are critical. CRL distribution points and policies are passed over:
// revocation is not judged here, and no policy is asked for (OpenSSL without X509_V_FLAG_POLICY_CHECK; RFC
// 5280 section 6.1.5 would obey requireExplicitPolicy).
[[nodiscard]] path_candidate look_at(const certificate&);

// could_have_issued says whether names, key identifiers and kinds of key and signature fit together. A
// mismatch of key identifiers excludes an issuer as in OpenSSL; to RFC 5280 they are a hint.
[[nodiscard]] bool could_have_issued(const path_candidate& issuer, const path_candidate& subject) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
