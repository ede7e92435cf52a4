#include "config/settings.hpp"

#include "config/alpn.hpp"
#include "config/words.hpp"

#include <array>

STLS_NAMESPACE_BEGIN

namespace {

// What has its place in the table, and its effect in a later version.
result<void> refuse_future_options(const options& opt) {
  if (!opt.crlite_dir.empty()) return not_yet_supported("crlite_dir");
  if (!opt.crlite_data.empty()) return not_yet_supported("crlite_data");
  if (opt.deny_list.given()) return not_yet_supported("deny_list");
  if (same_word(opt.revocation, "soft") || same_word(opt.revocation, "hard"))
    return not_yet_supported("revocation");
  if (!opt.revocation.empty() && !same_word(opt.revocation, "off")) {
    constexpr std::array<std::string_view, 3> known = {"off", "soft", "hard"};
    return unknown_word("revocation", opt.revocation, known, "off, soft, hard");
  }
  return {};
}

result<void> parse_verification(const options& opt, settings& set) {
  if (opt.verify_depth < 0 || opt.verify_depth > 100) {
    return fail(errc::bad_config,
                cat({"verify_depth: ", std::to_string(opt.verify_depth), " is not in 0 to 100"}));
  }
  if (opt.verify_client && opt.verify_client_optional) {
    return fail(errc::bad_config,
                "verify_client, verify_client_optional: both given; they contradict each other");
  }
  const bool clients = opt.verify_client || opt.verify_client_optional;
  const std::string_view name = opt.verify_client ? "verify_client" : "verify_client_optional";
  if (clients && opt.insecure_noverifycert) {
    return fail(errc::bad_config, cat({"insecure_noverifycert: contradicts ", name}));
  }
  if (clients && !opt.ca.given() && opt.ca_path.empty() && !opt.ca_system) {
    return fail(
        errc::bad_config,
        cat({name, ": needs ca, ca_path or ca_system, to say whose certificates of clients are good"}));
  }
  set.verify_depth = opt.verify_depth;
  set.verify_cert = !opt.insecure_noverifycert;
  set.verify_name = set.verify_cert && !opt.insecure_noverifyname;
  set.verify_time = !opt.insecure_noverifytime;
  if (opt.verify_client) set.verify_client = client_certificate::required;
  if (opt.verify_client_optional) set.verify_client = client_certificate::optional;
  return {};
}

result<void> parse_anchors(const options& opt, settings& set) {
  if (opt.ca.given()) {
    auto bundle = bundle_of(opt.ca);
    if (!bundle) return in_option("ca", std::move(bundle.error()));
    set.anchors.push_back(std::move(*bundle));
  }
  if (!opt.ca_path.empty()) {
    auto bundle = bundle_in(opt.ca_path);
    if (!bundle) return in_option("ca_path", std::move(bundle.error()));
    set.anchors.push_back(std::move(*bundle));
  }
  const bool by_default = set.anchors.empty() && !opt.ca_system;
  if (by_default && !set.verify_cert) return {};
  if (!by_default && !opt.ca_system) return {};
  auto text = system_bundle();
  if (opt.ca_system) {
    auto bundle = text.and_then(decoded);
    if (!bundle) return in_option("ca_system", std::move(bundle.error()));
    set.anchors.push_back(std::move(*bundle));
  } else if (text) {
    set.default_anchors = std::move(*text);
  } else {
    // Only a client needs roots by default, and which role this will be is not known yet.
    set.no_anchors = in_option("ca", std::move(text.error())).value();
  }
  return {};
}

result<void> parse_sessions(const options& opt, settings& set) {
  constexpr std::size_t id_limit = 32;                                  // RFC 5246 section 7.4.1.2
  constexpr std::chrono::seconds longest = std::chrono::hours(24 * 7);  // RFC 8446 section 4.6.1
  if (opt.session_id.size() > id_limit) {
    return fail(errc::bad_config,
                cat({"session_id: ", std::to_string(opt.session_id.size()), " bytes; the limit is 32"}));
  }
  const auto lifetime = opt.session_lifetime.value_or(set.session_lifetime);
  if (lifetime.count() < 0 || lifetime > longest) {
    return fail(errc::bad_config, cat({"session_lifetime: ", std::to_string(lifetime.count()),
                                       " s is not in 0 to 604800, which are 7 days"}));
  }
  auto ring = parse_ticket_keys(opt.ticket_keys);
  if (!ring) return fail(std::move(ring.error()));
  set.tickets = std::move(*ring);
  set.session_id = opt.session_id;
  set.session_lifetime = lifetime;
  set.sessions = opt.sessions.value_or(set.sessions);
  return {};
}

result<void> parse_revocation(const options& opt, settings& set) {
  if (opt.insecure_noverifycert && (opt.crl.given() || opt.ocsp_require_stapling)) {
    return fail(errc::bad_config, cat({"insecure_noverifycert: contradicts ",
                                       opt.crl.given() ? "crl" : "ocsp_require_stapling"}));
  }
  if (opt.ocsp_require_stapling && !opt.ocsp_request) {
    return fail(errc::bad_config, "ocsp_require_stapling: contradicts ocsp_request, which is false");
  }
  set.ocsp_request = opt.ocsp_request && set.verify_cert;
  set.ocsp_require_stapling = opt.ocsp_require_stapling;
  if (!opt.crl.given()) return {};
  auto lists = crls_of(opt.crl);
  if (!lists) return in_option("crl", std::move(lists.error()));
  set.crls = std::move(*lists);
  return {};
}

result<dhe_parameters> parse_dheparams(std::string_view word) {
  if (word.empty() || same_word(word, "none")) return dhe_parameters::none;
  if (same_word(word, "auto")) return dhe_parameters::automatic;
  if (same_word(word, "legacy")) return dhe_parameters::fixed;
  constexpr std::array<std::string_view, 3> known = {"none", "auto", "legacy"};
  return unknown_word("dheparams", word, known, "none, auto, legacy");
}

// Versions, ciphers and groups: what is wanted. What of it the engine has is decided above.
result<void> parse_negotiation(const options& opt, settings& set) {
  auto versions = parse_versions(opt.protocols);
  if (!versions) return fail(std::move(versions.error()));
  set.versions = *versions;

  auto ciphers = parse_ciphers(opt.ciphers, set.versions);
  if (!ciphers) return fail(std::move(ciphers.error()));
  set.ciphers = std::move(*ciphers);
  set.cipher_word = opt.ciphers.empty() ? "secure" : opt.ciphers;

  if (opt.prefer_ciphers_client && opt.prefer_ciphers_server) {
    return fail(errc::bad_config,
                "prefer_ciphers_client, prefer_ciphers_server: both given; they contradict each other");
  }
  set.prefer_client_ciphers = opt.prefer_ciphers_client;

  auto dhe = parse_dheparams(opt.dheparams);
  if (!dhe) return fail(std::move(dhe.error()));
  set.dhe = *dhe;

  auto groups = parse_groups(opt.ecdhecurve, opt.ecdhecurves);
  if (!groups) return fail(std::move(groups.error()));
  set.groups = std::move(*groups);
  // TLS 1.3 always has an ephemeral key exchange.
  if (set.groups.names.empty() && set.versions.tls1_3) {
    return fail(errc::bad_config,
                "ecdhecurve: 'none' is impossible with tlsv1.3; name a curve, or set protocols to tlsv1.2");
  }
  return {};
}

}  // namespace

result<settings> parse(const options& opt) {
  settings set;
  set.engine = opt.engine;
  set.warnings = std::make_shared<warning_sink>(opt.on_warning);
  set.keylog = opt.keylog;
  set.on_session = opt.on_session;
  set.on_handshake = opt.on_handshake;
  if (auto done = refuse_future_options(opt); !done) return fail(std::move(done.error()));

  auto alpn = parse_alpn(opt.alpn);
  if (!alpn) return fail(std::move(alpn.error()));
  set.alpn = std::move(*alpn);

  if (auto done = parse_negotiation(opt, set); !done) return fail(std::move(done.error()));
  if (auto done = parse_verification(opt, set); !done) return fail(std::move(done.error()));
  if (auto done = parse_sessions(opt, set); !done) return fail(std::move(done.error()));
  if (auto done = parse_anchors(opt, set); !done) return fail(std::move(done.error()));
  if (auto done = parse_revocation(opt, set); !done) return fail(std::move(done.error()));

  auto keypairs = parse_keypairs(opt);
  if (!keypairs) return fail(std::move(keypairs.error()));
  set.keypairs = std::move(*keypairs);
  set.key_password = secret(opt.key_password);
  set.sign = opt.sign;
  return set;
}

result<anchor_bundles> roots_of(const settings& set) {
  if (set.no_anchors.code) return fail(set.no_anchors);
  if (!set.default_anchors) return set.anchors;
  auto bundle = decoded(set.default_anchors);
  if (!bundle) return in_option("ca", std::move(bundle.error()));
  return anchor_bundles{std::move(*bundle)};
}

STLS_NAMESPACE_END
