// libssl_context: what every peer on raw libssl needs: contexts held to the terms, and what was agreed on.
#pragma once

#include "support/peer.hpp"
#include "support/terms.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>

namespace bench {

struct libssl_deleter {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const { SSL_SESSION_free(p); }
  void operator()(SSL* p) const {
    // Freed without a shutdown, libssl would think its session broken, and not resume it.
    SSL_set_shutdown(p, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(p);
  }
};
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, libssl_deleter>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, libssl_deleter>;
using ssl_ptr = std::unique_ptr<SSL, libssl_deleter>;

// must throws failure with what libssl says, unless something was done.
inline void must(bool done, const char* what) {
  if (done) return;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  throw failure(std::string(what) + ": " + text.data());
}

inline void hold_to_tls_1_3(SSL_CTX* ctx) {
  must(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, "TLS 1.3");
  must(SSL_CTX_set_ciphersuites(ctx, tls_1_3.cipher) == 1, "ciphers");
  must(SSL_CTX_set1_groups_list(ctx, tls_1_3.group) == 1, "groups");
}

inline ssl_ctx_ptr new_ctx(const SSL_METHOD* method) {
  ssl_ctx_ptr ctx(SSL_CTX_new(method));
  must(ctx != nullptr, "SSL_CTX_new");
  hold_to_tls_1_3(ctx.get());
  return ctx;
}

inline ssl_ctx_ptr ctx_trusting(const std::string& ca) {
  ssl_ctx_ptr ctx = new_ctx(TLS_client_method());
  must(SSL_CTX_load_verify_locations(ctx.get(), ca.c_str(), nullptr) == 1, "the roots");
  SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
  return ctx;
}

inline ssl_ctx_ptr ctx_presenting(const std::string& cert, const std::string& key) {
  ssl_ctx_ptr ctx = new_ctx(TLS_server_method());
  must(SSL_CTX_use_certificate_chain_file(ctx.get(), cert.c_str()) == 1, "the certificate");
  must(SSL_CTX_use_PrivateKey_file(ctx.get(), key.c_str(), SSL_FILETYPE_PEM) == 1, "the key");
  return ctx;
}

// name_the_server is for a client, before its handshake. Without a session it is a full one.
inline void name_the_server(SSL* client, const char* servername, SSL_SESSION* session) {
  must(SSL_set_tlsext_host_name(client, servername) == 1, "SNI");
  must(SSL_set1_host(client, servername) == 1, "SSL_set1_host");
  if (session != nullptr) must(SSL_set_session(client, session) == 1, "SSL_set_session");
}

// agreed_by is what a client says after its handshake.
inline agreed agreed_by(SSL* client) {
  return {.verified = SSL_get_verify_result(client) == X509_V_OK,
          .version = SSL_get_version(client),
          .cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(client)),
          .group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(client))),
          .resumed = SSL_session_reused(client) == 1};
}

// The name is compared with the certificate, of which a resumed connection has none.
inline bool name_was_verified(SSL* client) {
  return SSL_session_reused(client) == 1 || SSL_get0_peername(client) != nullptr;
}

}  // namespace bench
