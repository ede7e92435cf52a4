// The rules that a certification path must keep.
#include "x509/path_judgement.hpp"

#include <variant>
#include <vector>

#include "x509/name_constraints.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

using chain = std::span<const path_candidate* const>;
using verdict = std::optional<flaw>;

constexpr std::size_t rsa_bits = 2048;
constexpr std::size_t ec_bits = 224;
constexpr flaw unreadable_name{refusal::other, "unsupported or invalid name syntax"};

bool is_ca(const path_candidate& c, bool root) noexcept {
  if (c.usage && !c.usage->key_cert_sign) return false;
  if (c.constraints) return c.constraints->ca;
  return root && (c.usage || (c.of->version == 1 && c.self_signed()));
}

bool has_explicit_curve(const path_candidate& c) noexcept {
  const ec_key* const key = c.key ? std::get_if<ec_key>(&*c.key) : nullptr;
  return key != nullptr && !key->named;
}

bool fit_for(purpose of, const path_candidate& c, bool leaf) noexcept {
  const bool server = of == purpose::server_auth;
  if (c.extended_usage && !(server ? c.extended_usage->server_auth : c.extended_usage->client_auth))
    return false;
  if (!leaf) return true;
  if (c.old_usage && !(server ? c.old_usage->server : c.old_usage->client)) return false;
  if (!c.usage) return true;
  return c.usage->digital_signature || c.usage->key_agreement || (server && c.usage->key_encipherment);
}

verdict judge_extensions(chain path, purpose of) {
  std::size_t cas = 0;  // below this one, without the self-issued
  for (std::size_t i = 0; i < path.size(); ++i) {
    const path_candidate& c = *path[i];
    const bool leaf = i == 0;
    if (c.unknown_critical) return flaw{refusal::unknown_critical_extension};
    if (c.proxy)
      return flaw{refusal::other, "proxy certificates not allowed, please set the appropriate flag"};
    if (!leaf && !is_ca(c, i + 1 == path.size())) return flaw{refusal::not_an_authority};
    if (path.size() > 1 && has_explicit_curve(c))
      return flaw{refusal::other, "Certificate public key has explicit ECC parameters"};
    if (!fit_for(of, c, leaf)) return flaw{refusal::wrong_purpose};
    if (leaf) continue;
    if (c.constraints && c.constraints->path_length && cas > *c.constraints->path_length)
      return flaw{refusal::path_too_long};
    if (!c.self_issued()) ++cas;
  }
  return std::nullopt;
}

bool weak(const signature_algorithm& algorithm) noexcept {
  switch (algorithm.kind) {
    case signature_kind::rsa_pkcs1:
    case signature_kind::rsa_pss:
    case signature_kind::ecdsa:
      return algorithm.digest == hash::md5 || algorithm.digest == hash::sha1;
    case signature_kind::ed25519:
    case signature_kind::ed448:
      return false;
    case signature_kind::unknown:
      return true;
  }
  return true;
}

verdict judge_strength(chain path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (weak(path[i]->key)) return flaw{refusal::key_too_weak};
    const bool root = i + 1 == path.size();
    if (!root && weak(path[i]->signed_with)) return flaw{refusal::signature_too_weak};
  }
  return std::nullopt;
}

verdict judge_time(const path_candidate& c, const std::optional<std::chrono::sys_seconds>& at) {
  if (!at) return std::nullopt;
  if (*at < c.of->not_before) return flaw{refusal::not_yet_valid};
  if (*at >= c.of->not_after) return flaw{refusal::expired};
  return std::nullopt;
}

verdict judge_signatures(chain path, const path_rules& rules, const signature_verifier& verifier,
                         path_budget& budget) {
  for (std::size_t i = path.size(); i-- > 0;) {
    const path_candidate& c = *path[i];
    if (i + 1 < path.size()) {
      if (budget.signatures == 0) return flaw{refusal::other, "too many possible chains"};
      --budget.signatures;
      const bool genuine = !c.of->signature.empty() &&
                           verifier.verify(c.signed_with, *path[i + 1]->key, c.of->tbs, c.of->signature);
      if (!genuine) return flaw{refusal::bad_signature};
    }
    if (const auto found = judge_time(c, rules.at)) return found;
  }
  return std::nullopt;
}

verdict flaw_of(name_verdict v) noexcept {
  switch (v) {
    case name_verdict::good:
      break;
    case name_verdict::not_permitted:
    case name_verdict::excluded:
      return flaw{refusal::name_not_permitted};
    case name_verdict::not_whole:
      return flaw{refusal::other, "name constraints minimum and maximum not supported"};
    case name_verdict::unsupported_kind:
      return flaw{refusal::other, "unsupported name constraint type"};
    case name_verdict::unsupported_syntax:
      return unreadable_name;
    case name_verdict::too_many_comparisons:
      return flaw{refusal::other, "too many names and constraints"};
  }
  return std::nullopt;
}

verdict judge_name_constraints(chain path, std::size_t& budget) {
  std::vector<const name_constraints*> above;
  for (std::size_t i = path.size(); i-- > 0;) {
    const path_candidate& c = *path[i];
    const bool leaf = i == 0;
    const bool bound = leaf || !c.self_issued();  // section 6.1.3 (b)
    if (bound && !above.empty()) {
      const auto names = constrained_names(*c.of, leaf);
      if (!names) return unreadable_name;
      for (const name_constraints* const constraints : above) {
        if (const auto found = flaw_of(judge_names(*constraints, *names, budget))) return found;
      }
    }
    if (c.subtrees) above.push_back(&*c.subtrees);
  }
  return std::nullopt;
}

}  // namespace

bool weak(const std::optional<public_key>& key) noexcept {
  if (!key) return true;
  if (const auto* rsa = std::get_if<rsa_key>(&*key)) return rsa->bits < rsa_bits;
  if (const auto* ec = std::get_if<ec_key>(&*key)) return ec->bits < ec_bits;
  return std::holds_alternative<unknown_key>(*key);
}

std::optional<flaw> judge_path(std::span<const path_candidate* const> path, const path_rules& rules,
                               const signature_verifier& verifier, path_budget& budget) {
  if (const auto found = judge_extensions(path, rules.of)) return found;
  if (const auto found = judge_strength(path)) return found;
  if (const auto found = judge_signatures(path, rules, verifier, budget)) return found;
  return judge_name_constraints(path, budget.name_comparisons);
}

}  // namespace x509

STLS_NAMESPACE_END
