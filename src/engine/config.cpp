// config::make stands here, above the parsing of options, since it asks the engine what it can do.
#include <stls/config.hpp>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/settings.hpp"
#include "engine/fit.hpp"
#include "engine/snapshot.hpp"

#include <stls/engine.hpp>

#include <algorithm>

STLS_NAMESPACE_BEGIN

namespace {

result<const provider*> choose_provider(std::string_view option) {
  std::string_view name = option;
  std::string_view source = "engine";
  if (const char* wish = trusted_variable("STLS_ENGINE"); name.empty() && wish != nullptr && *wish != '\0') {
    name = wish;
    source = "STLS_ENGINE in the environment";
  }
  if (name.empty() && !providers().empty()) return providers().front();
  if (const provider* found = find_provider(name); found != nullptr) return found;
  std::string known;
  for (const provider* p : providers()) known += cat({known.empty() ? "" : ", ", p->name()});
  return fail(errc::bad_config, cat({source, ": unknown engine ", in_quotes(name), "; built in: ", known}));
}

void warn_of_dates(const settings& set) {
  const auto time = now_in_seconds();
  for (const keypair_settings& pair : set.keypairs) {
    if (time > pair.not_after) {
      set.warnings->warn(warning::severity::serious, "certificate_expired",
                         cat({pair.option, "cert: certificate has expired"}));
    } else if (time < pair.not_before) {
      set.warnings->warn(warning::severity::serious, "certificate_not_yet_valid",
                         cat({pair.option, "cert: certificate is not yet valid"}));
    }
  }
}

void warn_of_choices(const settings& set) {
  if (!set.dropped.empty())
    set.warnings->warn(warning::severity::notice, "dropped", cat({"left out: ", dropped_text(set)}));
  if (set.versions.old()) {
    set.warnings->warn(warning::severity::serious, "old_versions",
                       cat({"protocols: ", to_string(set.versions), " is obsolete (RFC 8996): ",
                            "SHA-1 and MD5 are accepted in the handshakes of this config"}));
  }
  if (set.dhe == dhe_parameters::fixed) {
    set.warnings->warn(warning::severity::notice, "dheparams_legacy",
                       "dheparams: 'legacy' is 2048 bits here; 1024 bits, as in libtls, are too weak");
  }
  if (set.keylog) {
    set.warnings->warn(warning::severity::warning, "keylog",
                       "keylog: whoever reads its lines can read the connections");
  }
}

std::string joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += cat({list.empty() ? "" : ",", escaped(item)});
  return list;
}

}  // namespace

config::config() noexcept = default;
config::config(const config&) noexcept = default;
config::config(config&&) noexcept = default;
config& config::operator=(const config&) noexcept = default;
config& config::operator=(config&&) noexcept = default;
config::~config() = default;

config::config(std::shared_ptr<const snapshot> frozen) noexcept : snapshot_(std::move(frozen)) {}

result<config> config::make(const options& opt) {
  return guarded([&]() -> result<config> {
    auto engine = choose_provider(opt.engine);
    if (!engine) return fail(std::move(engine.error()));
    auto parsed = parse(opt);
    if (!parsed) return fail(std::move(parsed.error()));
    settings& set = *parsed;
    if (auto done = fit(set, **engine, !opt.protocols.empty()); !done) return fail(std::move(done.error()));

    auto loaded = (*engine)->load(set);
    if (!loaded) return fail(std::move(loaded.error()));
    set.key_password.clear();
    for (keypair_settings& pair : set.keypairs) pair.key.clear();

    warn_of_dates(set);
    warn_of_choices(set);
    return config(std::make_shared<const snapshot>(std::make_shared<const settings>(std::move(set)), **engine,
                                                   std::move(*loaded)));
  });
}

std::string config::describe() const {
  if (!snapshot_) return "empty\n";
  const settings& set = *snapshot_->parsed;
  std::string text = cat({"engine: ", snapshot_->engine.name(), " (", snapshot_->engine.version(), ")\n"});
  text += cat({"protocols: ", to_string(set.versions), "\n"});
  std::string ciphers;
  for (const cipher_suite* suite : set.ciphers.suites)
    ciphers += cat({ciphers.empty() ? "" : ",", suite->openssl_name});
  text += cat({"ciphers: ", ciphers, "\n"});
  text += set.prefer_client_ciphers ? "prefer_ciphers_client: true\n" : "prefer_ciphers_server: true\n";
  if (set.dhe == dhe_parameters::none) text += "dheparams: none\n";
  if (set.dhe == dhe_parameters::automatic) text += "dheparams: auto\n";
  if (set.dhe == dhe_parameters::fixed) text += "dheparams: legacy\n";
  std::string groups;
  for (const std::string_view name : set.groups.names) groups += cat({groups.empty() ? "" : ",", name});
  text += cat({"ecdhecurves: ", groups.empty() ? std::string_view("none") : std::string_view(groups), "\n"});
  if (!set.dropped.empty()) text += cat({"dropped: ", dropped_text(set), "\n"});
  if (!set.alpn.empty()) text += cat({"alpn: ", joined(set.alpn), "\n"});
  std::size_t roots = 0;
  for (const auto& bundle : roots_of(set).value_or(anchor_bundles())) roots += bundle->certificates.size();
  text += cat({"ca: ", std::to_string(roots), " certificates\n"});
  text += cat({"keypairs: ", std::to_string(set.keypairs.size()), "\n"});
  if (set.sign) {
    const auto external = std::count_if(set.keypairs.begin(), set.keypairs.end(),
                                        [](const keypair_settings& pair) { return pair.external; });
    text += cat({"sign: for ", std::to_string(external), " keypairs\n"});
  }
  text += cat({"session_lifetime: ", std::to_string(set.session_lifetime.count()), " s\n"});
  text += cat({"sessions: ", std::to_string(set.sessions), "\n"});
  std::size_t staples = 0;
  for (const keypair_settings& pair : set.keypairs) staples += pair.staple.empty() ? 0 : 1;
  if (staples != 0) text += cat({"ocsp_staple: of ", std::to_string(staples), " keypairs\n"});
  text += cat({"verify_depth: ", std::to_string(set.verify_depth), "\n"});
  if (!set.verify_cert) text += "insecure_noverifycert: true\n";
  if (set.verify_cert && !set.verify_name) text += "insecure_noverifyname: true\n";
  if (!set.verify_time) text += "insecure_noverifytime: true\n";
  if (set.crls) text += cat({"crl: ", std::to_string(set.crls->lists.size()), " lists\n"});
  if (set.ocsp_require_stapling) text += "ocsp_require_stapling: true\n";
  if (!set.ocsp_request) text += "ocsp_request: false\n";
  if (set.verify_client == client_certificate::required) text += "verify_client: true\n";
  if (set.verify_client == client_certificate::optional) text += "verify_client_optional: true\n";
  if (set.keylog) text += "keylog: true\n";
  if (set.on_session) text += "on_session: true\n";
  if (set.on_handshake) text += "on_handshake: true\n";
  return text;
}

keyring config::tickets() const noexcept {
  return snapshot_ && snapshot_->engine.capabilities().tickets ? snapshot_->parsed->tickets : keyring();
}

result<bytes> config::sign(const sign_request& request) const {
  return guarded([&]() -> result<bytes> {
    if (!snapshot_) return fail(errc::invalid_state, "the config is empty; make it with config::make");
    if (!snapshot_->engine.capabilities().external_keys) {
      return fail(errc::unsupported, cat({"sign: not supported by engine '", snapshot_->engine.name(), "'"}));
    }
    return snapshot_->loaded->sign(request);
  });
}

// Of engines that cannot, which nobody asks.
result<bytes> credentials::sign(const sign_request& /*unused*/) const {
  return fail(errc::unsupported, "sign: not supported by the engine");
}

result<std::shared_ptr<const context>> compiled(const config& conf, role r) {
  if (!conf) return fail(errc::invalid_state, "the config is empty; make it with config::make");
  const config::snapshot& frozen = *conf.frozen();
  const settings& set = *frozen.parsed;
  if (r == role::server && set.keypairs.empty()) {
    return fail(errc::bad_config,
                "cert: missing; a server needs a certificate and its key: set cert and key, or keypairs");
  }
  config::snapshot::memo& memo = frozen.memos.at(r == role::client ? 0 : 1);
  const std::lock_guard lock(memo.mutex);
  if (!memo.compiled) {
    anchor_bundles held;  // until the context holds them: decoded once
    if (r == role::client && set.verify_cert) {
      auto roots = roots_of(set);
      if (!roots) return fail(std::move(roots.error()));
      held = std::move(*roots);
    }
    auto made = frozen.engine.compile(conf, r);
    if (!made) return fail(std::move(made.error()));
    memo.compiled = std::move(*made);
  }
  return memo.compiled;
}

STLS_NAMESPACE_END
