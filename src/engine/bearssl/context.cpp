#include "engine/bearssl/context.hpp"

#include "base/fail.hpp"
#include "engine/bearssl/curves.hpp"
#include "engine/bearssl/engine.hpp"
#include "engine/bearssl/signatures.hpp"
#include "engine/bearssl/suites.hpp"
#include "engine/client_start.hpp"
#include "engine/registry.hpp"
#include "engine/snapshot.hpp"
#include "x509/certificate.hpp"
#include "x509/server_name.hpp"

#include <algorithm>
#include <cstdlib>

STLS_NAMESPACE_BEGIN

namespace {

std::uint16_t wire_version(const version_set& versions, bool highest) noexcept {
  if (versions.tls1_2) return BR_TLS12;
  return versions.tls1_1 && (highest || !versions.tls1_0) ? BR_TLS11 : BR_TLS10;
}

}  // namespace

br_ec_impl bearssl_context::curves_for(const settings& set) noexcept { return curves_of(set.groups); }

result<std::shared_ptr<const context>> bearssl_context::make(const config& conf, role r) {
  const config::snapshot& frozen = *conf.frozen();
  auto keys = std::static_pointer_cast<const bearssl_credentials>(frozen.loaded);
  auto made = std::make_shared<bearssl_context>(frozen.parsed, std::move(keys), r);
  if (auto done = made->configure(); !done) return fail(std::move(done.error()));
  return made;
}

result<void> bearssl_context::configure() {
  suites_ = suite_numbers(settings_->ciphers.suites);
  needs_sha1_ = settings_->versions.old() ||
                std::any_of(settings_->ciphers.suites.begin(), settings_->ciphers.suites.end(),
                            [](const cipher_suite* s) { return s->before_1_2; });
  if (auto done = list_protocols(); !done) return done;
  for (const keypair_settings& pair : settings_->keypairs) names_.push_back(pair.names);
  set_common(pattern_);
  identity_ = identity_of(*settings_, role_, bearssl_provider());
  if (!verifies_peer()) return {};
  auto named = roots_of(*settings_);
  if (!named) return fail(std::move(named.error()));
  auto roots = trusted_roots_of(*named);
  if (!roots) return fail(std::move(roots.error()));
  roots_ = std::move(*roots);
  if (role_ == role::server) name_roots();
  if (role_ == role::server && root_names_.empty())
    return fail(errc::bad_config, "ca: holds no root that can be named to clients");
  return {};
}

// A server that resumes a session, and has none of the client's protocols, copies the name of number 65534
// into its answer, before anybody can stop it. So there must be one. Of the memory between nothing is ever
// touched, and so the system gives none.
result<void> bearssl_context::list_protocols() {
  if (settings_->alpn.empty()) return {};
  constexpr std::size_t slots = 0xffff;
  const std::size_t count = role_ == role::server ? slots : settings_->alpn.size();
  protocols_.reset(static_cast<const char**>(std::calloc(count, sizeof(const char*))));
  if (!protocols_) return fail(errc::out_of_memory, out_of_memory);
  for (std::size_t i = 0; i < settings_->alpn.size(); ++i) protocols_.get()[i] = settings_->alpn[i].c_str();
  if (role_ == role::server) protocols_.get()[slots - 1] = "";
  return {};
}

bool bearssl_context::verifies_peer() const noexcept {
  return role_ == role::client ? settings_->verify_cert
                               : settings_->verify_client != client_certificate::none;
}

// A server must name at least one root, or BearSSL does not ask for a certificate at all.
void bearssl_context::name_roots() {
  std::size_t room = 0xffff;  // of the list in a CertificateRequest (RFC 5246 section 7.4.4)
  for (const auto& bundle : settings_->anchors) {
    for (const bytes& der : bundle->certificates) {
      const auto root = x509::parse_certificate(der);
      if (!root || root->subject.size() + 2 > room) continue;
      room -= root->subject.size() + 2;
      auto* data = reinterpret_cast<const unsigned char*>(root->subject.data());
      root_names_.push_back({const_cast<unsigned char*>(data), root->subject.size()});
    }
  }
}

const bearssl_keypair* bearssl_context::keypair_for(std::string_view servername) const noexcept {
  const auto& all = credentials_->keypairs;
  return all.empty() ? nullptr : all[x509::choose(names_, servername)].get();
}

void bearssl_context::set_common(br_ssl_engine_context& connection) const noexcept {
  const version_set& versions = settings_->versions;
  br_ssl_engine_set_versions(&connection, wire_version(versions, false), wire_version(versions, true));
  br_ssl_engine_set_suites(&connection, suites_.data(), suites_.size());
  br_ssl_engine_set_hash(&connection, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_hash(&connection, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_hash(&connection, br_sha512_ID, &br_sha512_vtable);
  // These are offered for signatures too, but not accepted there except in old versions.
  if (needs_sha1_) br_ssl_engine_set_hash(&connection, br_sha1_ID, &br_sha1_vtable);
  if (versions.old()) br_ssl_engine_set_hash(&connection, br_md5_ID, &br_md5_vtable);
  br_ssl_engine_set_prf10(&connection, &br_tls10_prf);
  br_ssl_engine_set_prf_sha256(&connection, &br_tls12_sha256_prf);
  br_ssl_engine_set_prf_sha384(&connection, &br_tls12_sha384_prf);
  // The defaults are the fastest code that this processor can run.
  br_ssl_engine_set_default_aes_gcm(&connection);
  br_ssl_engine_set_default_aes_ccm(&connection);
  br_ssl_engine_set_default_aes_cbc(&connection);
  br_ssl_engine_set_default_chapol(&connection);
  br_ssl_engine_set_ec(&connection, &curves_);
  accept_signatures(connection, versions.old());
  br_ssl_engine_set_all_flags(&connection, BR_OPT_NO_RENEGOTIATION | BR_OPT_FAIL_ON_ALPN_MISMATCH);
  br_ssl_engine_set_protocol_names(&connection, protocols_.get(), settings_->alpn.size());
}

void bearssl_context::set_in(br_ssl_client_context& connection) const noexcept {
  br_ssl_client_zero(&connection);
  connection.eng = pattern_;
  br_ssl_client_set_default_rsapub(&connection);
  const bearssl_keypair* own = keypair_for({});
  if (own == nullptr) return;
  own->set_in(connection);
  if (!settings_->versions.old())
    refuse_weak_signing(connection, own->key->rsa() != nullptr ? BR_KEYTYPE_RSA : BR_KEYTYPE_EC);
}

void bearssl_context::set_in(br_ssl_server_context& connection) const noexcept {
  br_ssl_server_zero(&connection);
  connection.eng = pattern_;
  if (root_names_.empty()) return;
  br_ssl_server_set_trust_anchor_names(&connection, root_names_.data(), root_names_.size());
  // The flag would also let pass a certificate that was refused; the engine does not.
  if (settings_->verify_client == client_certificate::optional) {
    br_ssl_engine_add_flags(&connection.eng, BR_OPT_TOLERATE_NO_CLIENT_AUTH);
  }
}

result<std::unique_ptr<engine>> bearssl_context::new_client(std::string_view servername, buffering buffers,
                                                            std::span<const std::byte> session) const {
  auto start = start_client(*settings_, servername, session, sessions_, owner_of({}), import_bearssl_session);
  if (!start) return fail(std::move(start.error()));
  return std::make_unique<bearssl_engine>(
      shared_from_this(), std::move(start->name), buffers,
      std::static_pointer_cast<const bearssl_session>(std::move(start->offered)));
}

result<std::unique_ptr<engine>> bearssl_context::new_server(buffering buffers) const {
  return std::make_unique<bearssl_engine>(shared_from_this(), x509::server_name{}, buffers, nullptr);
}

STLS_NAMESPACE_END
