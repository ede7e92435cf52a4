// config::make stands here, above the parsing of options, since it asks the engine what it can do.
#include <stls/config.hpp>

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/settings.hpp"
#include "engine/snapshot.hpp"

#include <stls/engine.hpp>

#include <cstdlib>

STLS_NAMESPACE_BEGIN

namespace {

result<const provider*> choose_provider(std::string_view option) {
  std::string_view name = option;
  std::string_view source = "engine";
  // secure_getenv: the environment of a privileged process belongs to whoever started it.
  if (const char* wish = secure_getenv("STLS_ENGINE"); name.empty() && wish != nullptr && *wish != '\0') {
    name = wish;
    source = "STLS_ENGINE in the environment";
  }
  if (name.empty() && !providers().empty()) return providers().front();
  if (const provider* found = find_provider(name); found != nullptr) return found;
  std::string known;
  for (const provider* p : providers()) known += cat({known.empty() ? "" : ", ", p->name()});
  return fail(errc::bad_config, cat({source, ": unknown engine ", in_quotes(name), "; built in: ", known}));
}

tl::unexpected<error> not_supported(std::string_view option, const provider& engine) {
  return fail(errc::unsupported, cat({option, ": not supported by engine '", engine.name(), "'"}));
}

// A default means the part of it that the engine has. A choice of the application must leave something.
result<void> fit_versions(settings& set, const provider& engine, bool chosen) {
  const version_set wanted = set.versions;
  set.versions.tls1_2 = wanted.tls1_2 && engine.capabilities().tls1_2;
  set.versions.tls1_3 = wanted.tls1_3 && engine.capabilities().tls1_3;
  if (set.versions.empty()) return not_supported(cat({"protocols '", to_string(wanted), "'"}), engine);
  if (chosen && set.versions != wanted) {
    set.dropped.emplace_back(set.versions.tls1_2 ? "tlsv1.3" : "tlsv1.2");
  }
  return {};
}

result<void> fit_ciphers(settings& set, const provider& engine) {
  std::erase_if(set.ciphers, [&](const cipher_suite* suite) {
    const bool of_a_version = suite->tls1_3() ? set.versions.tls1_3 : set.versions.tls1_2;
    return !of_a_version || !engine.has_cipher(suite->name);
  });
  if (set.ciphers.empty()) return not_supported(cat({"ciphers '", set.cipher_word, "'"}), engine);
  return {};
}

result<void> fit_groups(settings& set, const provider& engine) {
  if (set.groups.names.empty()) return {};
  std::erase_if(set.groups.names, [&](std::string_view name) {
    if (engine.has_group(name)) return false;
    if (set.groups.chosen) set.dropped.emplace_back(name);
    return true;
  });
  if (set.groups.names.empty()) {
    std::string names;
    for (const std::string& name : set.dropped) names += cat({names.empty() ? "" : ",", name});
    return not_supported(cat({"ecdhecurves '", names, "'"}), engine);
  }
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

void warn_of_dates(const settings& set) {
  const auto time = now();
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

void warn_of_dropped(const settings& set, const provider& engine) {
  for (const std::string& name : set.dropped) {
    set.warnings->warn(warning::severity::notice, "dropped",
                       cat({name, ": not supported by engine '", engine.name(), "', so it is left out"}));
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
    if (auto done = fit_versions(set, **engine, !opt.protocols.empty()); !done) return fail(std::move(done.error()));
    if (auto done = fit_ciphers(set, **engine); !done) return fail(std::move(done.error()));
    if (auto done = fit_groups(set, **engine); !done) return fail(std::move(done.error()));
    if (auto done = fit_revocation(set, **engine); !done) return fail(std::move(done.error()));

    auto loaded = (*engine)->load(set);
    if (!loaded) return fail(std::move(loaded.error()));
    set.key_password.clear();
    for (keypair_settings& pair : set.keypairs) pair.key.clear();

    warn_of_dates(set);
    warn_of_dropped(set, **engine);
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
  for (const cipher_suite* suite : set.ciphers) ciphers += cat({ciphers.empty() ? "" : ",", suite->openssl_name});
  text += cat({"ciphers: ", ciphers, "\n"});
  std::string groups;
  for (const std::string_view name : set.groups.names) groups += cat({groups.empty() ? "" : ",", name});
  text += cat({"ecdhecurves: ", groups.empty() ? std::string_view("none") : std::string_view(groups), "\n"});
  if (!set.dropped.empty()) text += cat({"dropped: ", joined(set.dropped), "\n"});
  if (!set.alpn.empty()) text += cat({"alpn: ", joined(set.alpn), "\n"});
  std::size_t roots = 0;
  for (const auto& bundle : set.anchors) roots += bundle->certificates.size();
  text += cat({"ca: ", std::to_string(roots), " certificates\n"});
  text += cat({"keypairs: ", std::to_string(set.keypairs.size()), "\n"});
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
  return text;
}

keyring config::tickets() const noexcept { return snapshot_ ? snapshot_->parsed->tickets : keyring(); }

result<std::shared_ptr<const context>> compiled(const config& conf, role r) {
  if (!conf) return fail(errc::invalid_state, "the config is empty; make it with config::make");
  const config::snapshot& frozen = *conf.frozen();
  const settings& set = *frozen.parsed;
  if (r == role::server && set.keypairs.empty()) {
    return fail(errc::bad_config, "cert: missing; a server needs a certificate and its key: set cert and key, or keypairs");
  }
  if (r == role::client && set.verify_cert && set.anchors.empty()) return fail(set.no_anchors);
  config::snapshot::memo& memo = frozen.memos.at(r == role::client ? 0 : 1);
  const std::lock_guard lock(memo.mutex);
  if (!memo.compiled) {
    auto made = frozen.engine.compile(conf, r);
    if (!made) return fail(std::move(made.error()));
    memo.compiled = std::move(*made);
  }
  return memo.compiled;
}

STLS_NAMESPACE_END
