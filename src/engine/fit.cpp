#include "engine/fit.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#include <algorithm>

STLS_NAMESPACE_BEGIN

namespace {

std::string lacking(const provider& engine) { return cat({"not supported by engine '", engine.name(), "'"}); }

tl::unexpected<error> not_supported(std::string_view option, const provider& engine) {
  return fail(errc::unsupported, cat({option, ": ", lacking(engine)}));
}

result<void> fit_versions(settings& set, const provider& engine, bool given) {
  const version_set wanted = set.versions;
  const capabilities& can = engine.capabilities();
  if (wanted.old() && !can.old_versions)
    return not_supported(cat({"protocols '", to_string(wanted), "'"}), engine);
  set.versions.tls1_2 = wanted.tls1_2 && can.tls1_2;
  set.versions.tls1_3 = wanted.tls1_3 && can.tls1_3;
  if (set.versions.empty()) return not_supported(cat({"protocols '", to_string(wanted), "'"}), engine);
  if (given && set.versions != wanted) {
    set.dropped.push_back({set.versions.tls1_2 ? "tlsv1.3" : "tlsv1.2", lacking(engine)});
  }
  return {};
}

// An expression becomes a list of names like any other.
result<void> expand(settings& set, const provider& engine) {
  cipher_choice& choice = set.ciphers;
  if (choice.how != cipher_choice::kind::expression || choice.expression.empty()) return {};
  if (!engine.capabilities().cipher_expressions) {
    return fail(errc::unsupported,
                cat({"ciphers: ", in_quotes(set.cipher_word), " is an OpenSSL expression, ", lacking(engine),
                     "; list the names of ciphers instead"}));
  }
  auto names = engine.expand_ciphers(choice.expression);
  if (!names) return fail(std::move(names.error()));
  for (const std::string& name : *names) {
    // What stls does not know is without certificates (PSK, SRP), or has a kind of them that it does not
    // take.
    const cipher_suite* suite = find_cipher(name);
    if (suite != nullptr && !suite->tls1_3()) choice.suites.push_back(suite);
  }
  return {};
}

// Who signs with a key elsewhere cannot decrypt with it.
bool cannot_decrypt(const settings& set) {
  return std::any_of(set.keypairs.begin(), set.keypairs.end(),
                     [](const keypair_settings& pair) { return pair.external; });
}

// Why a suite cannot be in effect; empty: it can.
std::string obstacle(const cipher_suite& suite, const settings& set, const provider& engine) {
  if (!engine.has_cipher(suite.name)) return lacking(engine);
  if (!suite.usable_in(set.versions)) return cat({"not for ", to_string(set.versions)});
  if (suite.exchange == key_exchange::dhe && set.dhe == dhe_parameters::none) return "dheparams is none";
  if (suite.exchange == key_exchange::ecdhe && set.groups.names.empty()) return "ecdhecurve is none";
  if (suite.exchange == key_exchange::rsa && cannot_decrypt(set)) return "sign cannot decrypt";
  return {};
}

tl::unexpected<error> nothing_left(const settings& set, std::string_view why) {
  if (set.groups.names.empty()) {
    return fail(errc::bad_config, cat({"ecdhecurve: 'none' leaves no cipher of ", in_quotes(set.cipher_word),
                                       "; name a curve, or set ciphers to compat"}));
  }
  return fail(errc::bad_config, cat({"ciphers: nothing is left of ", in_quotes(set.cipher_word),
                                     why.empty() ? "" : ": ", why}));
}

result<void> fit_ciphers(settings& set, const provider& engine, bool protocols_given) {
  if (auto done = expand(set, engine); !done) return done;
  cipher_choice& choice = set.ciphers;
  const bool chosen = choice.how != cipher_choice::kind::word;
  std::string why;        // of the first name that was dropped
  std::size_t named = 0;  // what is left of those that were named, or that the expression stands for
  cipher_list left;
  for (const cipher_suite* suite : choice.suites) {
    const bool by_default = chosen && suite->tls1_3() && !choice.names_1_3;
    std::string reason = obstacle(*suite, set, engine);
    if (reason.empty()) {
      left.push_back(suite);
      named += by_default ? 0 : 1;
      continue;
    }
    if (by_default || choice.how != cipher_choice::kind::names) continue;
    if (why.empty())
      why = cat({suite->openssl_name, " is ", reason.starts_with("not") ? "" : "dropped, since ", reason});
    set.dropped.push_back({std::string(suite->openssl_name), std::move(reason)});
  }
  // Beside TLS 1.3 alone, which has its own suites, a list for the versions before it may well be without
  // effect.
  const bool only_1_3 = set.versions.tls1_3 && !set.versions.tls1_2 && !choice.names_1_3;
  if (left.empty() || (named == 0 && !only_1_3)) return nothing_left(set, why);
  choice.suites = std::move(left);

  // A version without a cipher is never agreed on.
  bool suites_1_3 = false;
  bool suites_before = false;
  for (const cipher_suite* suite : choice.suites) (suite->tls1_3() ? suites_1_3 : suites_before) = true;
  const auto without = [&](bool& version, std::string_view name) -> result<void> {
    if (protocols_given) {
      return fail(errc::bad_config, cat({"ciphers: ", in_quotes(set.cipher_word), " leaves no cipher for ",
                                         name, ", which protocols asks for"}));
    }
    version = false;
    set.dropped.push_back({std::string(name), "no cipher of it was chosen"});
    return {};
  };
  if (set.versions.tls1_3 && !suites_1_3) return without(set.versions.tls1_3, "tlsv1.3");
  if (set.versions.tls1_2 && !suites_before) return without(set.versions.tls1_2, "tlsv1.2");
  return {};
}

result<void> fit_groups(settings& set, const provider& engine) {
  if (set.groups.names.empty()) return {};
  std::string dropped;
  std::erase_if(set.groups.names, [&](std::string_view name) {
    if (engine.has_group(name)) return false;
    dropped += cat({dropped.empty() ? "" : ",", name});
    if (set.groups.chosen) set.dropped.push_back({std::string(name), lacking(engine)});
    return true;
  });
  if (set.groups.names.empty()) return not_supported(cat({"ecdhecurves '", dropped, "'"}), engine);
  return {};
}

// Asking for a staple is a wish, and left out where the engine cannot. What somebody relies on is refused.
result<void> fit_revocation(settings& set, const provider& engine) {
  if (set.crls && !engine.capabilities().crl) return not_supported("crl", engine);
  if (engine.capabilities().ocsp) return {};
  if (set.ocsp_require_stapling) return not_supported("ocsp_require_stapling", engine);
  for (const keypair_settings& pair : set.keypairs) {
    if (!pair.staple.empty()) return not_supported(cat({pair.option, "ocsp_staple"}), engine);
  }
  set.ocsp_request = false;
  return {};
}

}  // namespace

result<void> fit(settings& set, const provider& engine, bool protocols_given) {
  if (set.dhe != dhe_parameters::none && !engine.capabilities().dhe)
    return not_supported("dheparams", engine);
  if (!set.tickets.shared()->automatic() && !engine.capabilities().tickets)
    return not_supported("ticket_keys", engine);
  if (set.keylog && !engine.capabilities().keylog) return not_supported("keylog", engine);
  if (set.sign && !engine.capabilities().external_keys) return not_supported("sign", engine);
  if (auto done = fit_versions(set, engine, protocols_given); !done) return done;
  if (auto done = fit_groups(set, engine); !done) return done;
  if (auto done = fit_revocation(set, engine); !done) return done;
  return fit_ciphers(set, engine, protocols_given);
}

std::string dropped_text(const settings& set) {
  std::string text;
  for (const auto& [name, why] : set.dropped) text += cat({text.empty() ? "" : ", ", name, " (", why, ")"});
  return text;
}

STLS_NAMESPACE_END
