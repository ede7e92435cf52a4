// A certificate as the search for a path sees it.
#include "x509/path_candidate.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "x509/canonical_name.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

bool known(der_view oid) noexcept {
  namespace known = extension_oid;
  return equal(oid, known::key_usage) || equal(oid, known::subject_alt_name) ||
         equal(oid, known::basic_constraints) || equal(oid, known::name_constraints) ||
         equal(oid, known::crl_distribution_points) || equal(oid, known::certificate_policies) ||
         equal(oid, known::policy_mappings) || equal(oid, known::policy_constraints) ||
         equal(oid, known::extended_key_usage) || equal(oid, known::inhibit_any_policy) ||
         equal(oid, known::proxy_certificate) || equal(oid, known::ocsp_no_check) ||
         equal(oid, known::netscape_type);
}

// read fills `to` from an extension, if the certificate has it; a malformed one is noted.
template <class Parsed, class Parser>
void read(path_candidate& c, der_view oid, Parser parse, std::optional<Parsed>& to) {
  const extension* const found = c.of->find(oid);
  if (found == nullptr) return;
  to = parse(found->value);
  if (!to) c.well_formed = false;
}

// read_name gives the canonical form, and notes a malformed name.
std::string read_name(path_candidate& c, der_view name) {
  auto canonical = canonical_name(name);
  if (!canonical) c.well_formed = false;
  return canonical ? std::move(*canonical) : std::string();
}

bool fits(const signature_algorithm& algorithm, const std::optional<public_key>& key) noexcept {
  if (!key) return false;
  switch (algorithm.kind) {
    case signature_kind::rsa_pkcs1: {
      const auto* rsa = std::get_if<rsa_key>(&*key);
      return rsa != nullptr && !rsa->pss_only;
    }
    case signature_kind::rsa_pss:
      return std::holds_alternative<rsa_key>(*key);
    case signature_kind::ecdsa:
      return std::holds_alternative<ec_key>(*key);
    case signature_kind::ed25519:
      return std::holds_alternative<ed25519_key>(*key);
    case signature_kind::ed448:
      return std::holds_alternative<ed448_key>(*key);
    case signature_kind::unknown:
      return false;
  }
  return false;
}

// named_by says whether what an authority key identifier tells is true of the issuer; of what neither tells
// nothing is asked.
bool named_by(const path_candidate& subject, const path_candidate& issuer) noexcept {
  if (!subject.authority) return true;
  const authority_key_identifier& told = *subject.authority;
  if (told.key && issuer.key_id && !equal(*told.key, *issuer.key_id)) return false;
  if (told.serial && !equal(*told.serial, issuer.of->serial)) return false;
  return !told.issuer || subject.authority_issuer == issuer.issuer;
}

}  // namespace

bool path_candidate::self_signed() const noexcept {
  return self_issued() && named_by(*this, *this) &&
         (signed_with.kind == signature_kind::unknown || fits(signed_with, key));
}

path_candidate look_at(const certificate& of) {
  path_candidate c;
  c.of = &of;
  c.subject = read_name(c, of.subject);
  c.issuer = read_name(c, of.issuer);
  c.key = parse_public_key(of.public_key);
  c.signed_with = parse_signature_algorithm(of.signature_algorithm);
  read(c, extension_oid::basic_constraints, parse_basic_constraints, c.constraints);
  read(c, extension_oid::key_usage, parse_key_usage, c.usage);
  read(c, extension_oid::extended_key_usage, parse_extended_key_usage, c.extended_usage);
  read(c, extension_oid::netscape_type, parse_netscape_type, c.old_usage);
  read(c, extension_oid::name_constraints, parse_name_constraints, c.subtrees);
  read(c, extension_oid::subject_key_identifier, parse_subject_key_identifier, c.key_id);
  read(c, extension_oid::authority_key_identifier, parse_authority_key_identifier, c.authority);
  if (c.authority && c.authority->issuer) c.authority_issuer = read_name(c, *c.authority->issuer);
  c.proxy = of.find(extension_oid::proxy_certificate) != nullptr;
  c.unknown_critical = std::any_of(of.extensions.begin(), of.extensions.end(),
                                   [](const extension& e) { return e.critical && !known(e.oid); });
  return c;
}

bool could_have_issued(const path_candidate& issuer, const path_candidate& subject) noexcept {
  return issuer.well_formed && issuer.subject == subject.issuer && named_by(subject, issuer) &&
         fits(subject.signed_with, issuer.key);
}

}  // namespace x509

STLS_NAMESPACE_END
