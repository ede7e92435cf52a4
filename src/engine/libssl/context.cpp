#include "engine/libssl/context.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/client_start.hpp"
#include "engine/libssl/ciphers.hpp"
#include "engine/libssl/engine.hpp"
#include "engine/libssl/errors.hpp"
#include "engine/libssl/groups.hpp"
#include "engine/libssl/security.hpp"
#include "engine/libssl/tickets.hpp"
#include "engine/libssl/verify.hpp"
#include "engine/registry.hpp"
#include "engine/snapshot.hpp"
#include "x509/server_name.hpp"

#include <openssl/err.h>

#include <algorithm>

STLS_NAMESPACE_BEGIN

namespace {

int wire_version(const version_set& versions, bool highest) noexcept {
  if (highest) {
    if (versions.tls1_3) return TLS1_3_VERSION;
    if (versions.tls1_2) return TLS1_2_VERSION;
    return versions.tls1_1 ? TLS1_1_VERSION : TLS1_VERSION;
  }
  if (versions.tls1_0) return TLS1_VERSION;
  if (versions.tls1_1) return TLS1_1_VERSION;
  return versions.tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

// OpenSSL 3 has TLS 1.0 and 1.1 only at security level 0, since they sign the key exchange over SHA-1 or over
// MD5 and SHA-1. Keys, certificates, parameters and ciphers stay at stls's level: what is let pass is just
// that.
using security_callback = int (*)(const SSL*, const SSL_CTX*, int operation, int bits, int id, void* other,
                                  void*);
security_callback strict_security = nullptr;

int allow_old_versions(const SSL* ssl, const SSL_CTX* ctx, int operation, int bits, int id, void* other,
                       void* ex) noexcept {
  constexpr int bits_of_sha1 = 63;  // and MD5 with SHA-1 has a few more, MD5 alone fewer
  switch (operation) {
    case SSL_SECOP_VERSION:
      return id >= TLS1_VERSION ? 1 : 0;
    case SSL_SECOP_SIGALG_SUPPORTED:
    case SSL_SECOP_SIGALG_SHARED:
    case SSL_SECOP_SIGALG_CHECK:
    case SSL_SECOP_SIGALG_MASK:
      return bits >= bits_of_sha1 ? 1 : 0;
    default:
      return strict_security(ssl, ctx, operation, bits, id, other, ex);
  }
}

// libssl's own default without SHA-1 and SHA-224, which the security level refuses anyway. It is named so
// that openssl.cnf's is not in place.
const char* signature_algorithms() noexcept {
  // A question mark, which makes an unknown name no error, is understood since OpenSSL 3.3.
  if (OpenSSL_version_num() >= 0x30500000UL) {
    return "?mldsa65:?mldsa87:?mldsa44:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
           "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
           "rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512";
  }
  return "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
         "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
         "rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512";
}

// What a context is compiled from, and what libssl calls it when it does not take it.
tl::unexpected<error> refused(std::string_view option) {
  const queued_error cause = take_queue();
  if (cause.out_of_memory()) return fail(errc::out_of_memory, cat({option, ": out of memory"}));
  return fail(errc::bad_config,
              cat({option, ": refused by libssl: ", cause.code == 0 ? "no reason given" : cause.reason()}));
}

}  // namespace

result<std::shared_ptr<const context>> libssl_context::make(const config& conf, role r) {
  const config::snapshot& frozen = *conf.frozen();
  auto keys = std::static_pointer_cast<const libssl_credentials>(frozen.loaded);
  auto made = std::make_shared<libssl_context>(frozen.parsed, std::move(keys), r);
  if (auto done = made->configure(); !done) return fail(std::move(done.error()));
  return made;
}

result<void> libssl_context::configure() {
  ERR_clear_error();
  ssl_ctx_.reset(SSL_CTX_new(role_ == role::client ? TLS_client_method() : TLS_server_method()));
  if (!ssl_ctx_) return fail(library_error("SSL_CTX_new"));
  if (auto done = set_protocol(); !done) return done;
  if (auto done = set_verification(); !done) return done;
  if (auto done = set_keypairs(); !done) return done;
  set_stapling();
  if (auto done = set_alpn(); !done) return done;
  if (auto done = set_sessions(); !done) return done;
  SSL_CTX_set_info_callback(ssl_ctx_.get(), libssl_engine::note_progress);
  if (settings_->keylog) SSL_CTX_set_keylog_callback(ssl_ctx_.get(), libssl_engine::note_key);
  return {};
}

result<void> libssl_context::set_protocol() {
  SSL_CTX* ctx = ssl_ctx_.get();
  // SSL_CTX_new has applied openssl.cnf. What it may have loosened is set again, all of it.
  SSL_CTX_set_security_level(ctx, security_level);
  SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  SSL_CTX_set_mode(ctx,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);

  const version_set& versions = settings_->versions;
  if (SSL_CTX_set_min_proto_version(ctx, wire_version(versions, false)) != 1 ||
      SSL_CTX_set_max_proto_version(ctx, wire_version(versions, true)) != 1) {
    return refused("protocols");
  }
  if (versions.old()) {
    static const bool known = [ctx] {
      strict_security = SSL_CTX_get_security_callback(ctx);
      return strict_security != nullptr;
    }();
    if (known) SSL_CTX_set_security_callback(ctx, allow_old_versions);
  }
  if (SSL_CTX_set1_sigalgs_list(ctx, signature_algorithms()) != 1) return refused("signature algorithms");
  // An empty list would leave openssl.cnf's in place, but then its version is not negotiated either.
  const cipher_choice& ciphers = settings_->ciphers;
  const std::string old_suites = openssl_ciphers(ciphers.suites, false);
  const std::string new_suites = openssl_ciphers(ciphers.suites, true);
  if (!old_suites.empty() && SSL_CTX_set_cipher_list(ctx, old_suites.c_str()) != 1) return refused("ciphers");
  if (!new_suites.empty() && SSL_CTX_set_ciphersuites(ctx, new_suites.c_str()) != 1)
    return refused("ciphers");
  if (!settings_->prefer_client_ciphers) {
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    // A client that puts ChaCha20 first has no AES in hardware. An order that was chosen by the application
    // stands.
    if (ciphers.how == cipher_choice::kind::word) SSL_CTX_set_options(ctx, SSL_OP_PRIORITIZE_CHACHA);
  }
  if (!settings_->groups.names.empty() &&
      SSL_CTX_set1_groups_list(ctx, openssl_groups(settings_->groups).c_str()) != 1) {
    return refused("ecdhecurves");
  }
  // 2 asks for 1024 bits, which libssl raises to what the security level demands.
  if (settings_->dhe != dhe_parameters::none) {
    SSL_CTX_set_dh_auto(ctx, settings_->dhe == dhe_parameters::automatic ? 1 : 2);
  }
  return {};
}

result<void> libssl_context::set_verification() {
  SSL_CTX* ctx = ssl_ctx_.get();
  int mode = SSL_VERIFY_NONE;
  if (role_ == role::client && settings_->verify_cert) mode = SSL_VERIFY_PEER;
  if (role_ == role::server && settings_->verify_client != client_certificate::none) mode = SSL_VERIFY_PEER;
  if (role_ == role::server && settings_->verify_client == client_certificate::required) {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  SSL_CTX_set_verify(ctx, mode, nullptr);
  if (mode == SSL_VERIFY_NONE) return {};

  auto roots = roots_of(*settings_).and_then(trust_store_of);
  if (!roots) return fail(std::move(roots.error()));
  roots_ = std::move(*roots);
  // set1: the store is shared with other contexts. As the verify store, it is not used to build our own
  // chain.
  if (SSL_CTX_set1_verify_cert_store(ctx, roots_->store.get()) != 1)
    return fail(library_error("SSL_CTX_ctrl"));
  SSL_CTX_set_verify_depth(ctx, settings_->verify_depth);
  SSL_CTX_set_cert_verify_callback(ctx, libssl_engine::verify_peer, nullptr);

  // A client with several certificates chooses by the roots that the server names. Lists as long as the
  // system's would only fill the handshake.
  constexpr std::size_t few = 32;
  if (role_ == role::server) {
    for (const auto& bundle : settings_->anchors) {
      if (bundle->certificates.size() > few) continue;
      for (const bytes& der : bundle->certificates) {
        const auto* data = reinterpret_cast<const unsigned char*>(der.data());
        const x509_ptr root(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
        if (!root || SSL_CTX_add_client_CA(ctx, root.get()) != 1)
          return fail(library_error("SSL_CTX_add_client_CA"));
      }
    }
  }
  return {};
}

result<void> libssl_context::set_keypairs() {
  if (credentials_->keypairs.empty()) return {};
  SSL_CTX* ctx = ssl_ctx_.get();
  const libssl_keypair& first = *credentials_->keypairs.front();
  if (SSL_CTX_use_cert_and_key(ctx, first.certificate.get(), first.key.get(), first.intermediates.get(), 1) !=
      1) {
    return refused(cat({settings_->keypairs.front().option, "cert"}));
  }
  // The chain is what the application gave: nothing is guessed from a store.
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  if (role_ == role::client) return {};
  SSL_CTX_set_tlsext_servername_callback(ctx, libssl_engine::accept_servername);
  if (credentials_->keypairs.size() == 1) return {};
  for (const keypair_settings& pair : settings_->keypairs) names_.push_back(pair.names);
  SSL_CTX_set_cert_cb(ctx, choose_keypair, this);
  return {};
}

void libssl_context::set_stapling() noexcept {
  SSL_CTX* ctx = ssl_ctx_.get();
  if (role_ == role::server) {
    SSL_CTX_set_tlsext_status_cb(ctx, libssl_engine::send_staple);
  } else if (settings_->ocsp_request) {
    SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(ctx, libssl_engine::accept_staple);
  }
}

int libssl_context::choose_keypair(SSL* ssl, void* self) noexcept {
  const auto& ctx = *static_cast<const libssl_context*>(self);
  const char* servername = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const std::size_t index = x509::choose(ctx.names_, servername == nullptr ? "" : servername);
  if (index == 0) return 1;
  // The SSL has inherited the first keypair. With keys of two types libssl would offer both certificates.
  SSL_certs_clear(ssl);
  const libssl_keypair& chosen = *ctx.credentials_->keypairs[index];
  return SSL_use_cert_and_key(ssl, chosen.certificate.get(), chosen.key.get(), chosen.intermediates.get(), 1);
}

result<void> libssl_context::set_alpn() {
  for (const std::string& protocol : settings_->alpn) {
    alpn_wire_ += static_cast<char>(protocol.size());
    alpn_wire_ += protocol;
  }
  if (alpn_wire_.empty()) return {};
  if (role_ == role::server) {
    SSL_CTX_set_alpn_select_cb(ssl_ctx_.get(), choose_protocol, this);
    return {};
  }
  // Unlike its neighbours this function answers 0 for success.
  if (SSL_CTX_set_alpn_protos(ssl_ctx_.get(), reinterpret_cast<const unsigned char*>(alpn_wire_.data()),
                              static_cast<unsigned>(alpn_wire_.size())) != 0) {
    return fail(library_error("SSL_CTX_set_alpn_protos"));
  }
  return {};
}

int libssl_context::choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                                    const unsigned char* offered, unsigned offered_size,
                                    void* self) noexcept {
  const std::string& ours = static_cast<const libssl_context*>(self)->alpn_wire_;
  // The first list given is the one whose order decides.
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2: no_application_protocol
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

result<void> libssl_context::set_sessions() {
  if (role_ == role::server) return set_tickets(ssl_ctx_.get(), *settings_);
  identity_ = identity_of(*settings_, role_, libssl_provider());
  if (!settings_->keeps_sessions()) {
    SSL_CTX_set_session_cache_mode(ssl_ctx_.get(), SSL_SESS_CACHE_OFF);
    return {};
  }
  SSL_CTX_set_session_cache_mode(ssl_ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl_ctx_.get(), libssl_engine::keep_session);
  return {};
}

result<std::unique_ptr<engine>> libssl_context::new_client(std::string_view servername, buffering buffers,
                                                           std::span<const std::byte> session) const {
  auto start = start_client(*settings_, servername, session, sessions_, owner_of({}), import_libssl_session);
  if (!start) return fail(std::move(start.error()));
  return libssl_engine::make(shared_from_this(), std::move(start->name), buffers,
                             static_cast<const libssl_session*>(start->offered.get()));
}

result<std::unique_ptr<engine>> libssl_context::new_server(buffering buffers) const {
  return libssl_engine::make(shared_from_this(), {}, buffers, nullptr);
}

STLS_NAMESPACE_END
