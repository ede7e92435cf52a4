// libssl_peer: raw libssl at both ends, for each way to give it its bytes.
#pragma once

#include "support/peer.hpp"
#include "support/pipe.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
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

// end is one side's view of the link.
struct end {
  pipe& in;
  pipe& out;
};

// Wires say how an SSL gets its bytes from its end of the link, and to it: attach once, fill before reading,
// flush after whatever may have written.
template <class W>
concept wires = requires(SSL* ssl, end& e) {
  W::attach(ssl, e);
  W::fill(ssl, e);
  W::flush(ssl, e);
};

template <wires W>
class libssl_peer {
 public:
  static constexpr terms keeps = tls_1_3;

  explicit libssl_peer(const material& files)
      : server_ctx_(new_ctx(TLS_server_method())), one_(trusting(files.ca)), system_(trusting(files.system)) {
    must(SSL_CTX_use_certificate_chain_file(server_ctx_.get(), files.cert.c_str()) == 1, "the certificate");
    must(SSL_CTX_use_PrivateKey_file(server_ctx_.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1, "the key");
  }

  static std::string version() { return OpenSSL_version(OPENSSL_VERSION); }

  agreed handshake(roots r, const char* servername) {
    return connect((r == roots::one ? one_ : system_).get(), servername, nullptr);
  }

  bool resumes() {
    connect(one_.get(), "localhost", nullptr);
    session_.reset(SSL_get1_session(client_.get()));
    return true;
  }

  // Tickets are used once: each connection brings the next.
  agreed resume() {
    const agreed is = connect(one_.get(), "localhost", session_.get());
    session_.reset(SSL_get1_session(client_.get()));
    return is;
  }

  void write(std::span<const std::byte> from) {
    std::size_t n = 0;
    must(SSL_write_ex(client_.get(), from.data(), from.size(), &n) == 1 && n == from.size(), "SSL_write_ex");
    W::flush(client_.get(), client_end_);
  }

  void read(std::span<std::byte> into) {
    W::fill(server_.get(), server_end_);
    while (!into.empty()) {
      std::size_t n = 0;
      must(SSL_read_ex(server_.get(), into.data(), into.size(), &n) == 1, "SSL_read_ex");
      into = into.subspan(n);
    }
    W::flush(server_.get(), server_end_);  // reading may have written, e.g. an answer to a KeyUpdate
  }

  void idle() { SSL_free_buffers(client_.get()); }
  void drop_client() { client_.reset(); }

 private:
  static ssl_ctx_ptr new_ctx(const SSL_METHOD* method) {
    ssl_ctx_ptr ctx(SSL_CTX_new(method));
    must(ctx != nullptr, "SSL_CTX_new");
    must(SSL_CTX_set_min_proto_version(ctx.get(), TLS1_3_VERSION) == 1, "TLS 1.3");
    must(SSL_CTX_set_ciphersuites(ctx.get(), keeps.cipher) == 1, "ciphers");
    must(SSL_CTX_set1_groups_list(ctx.get(), keeps.group) == 1, "groups");
    return ctx;
  }

  static ssl_ctx_ptr trusting(const std::string& ca) {
    ssl_ctx_ptr ctx = new_ctx(TLS_client_method());
    must(SSL_CTX_load_verify_locations(ctx.get(), ca.c_str(), nullptr) == 1, "the roots");
    SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    return ctx;
  }

  static ssl_ptr new_ssl(SSL_CTX* ctx, end& e) {
    ssl_ptr ssl(SSL_new(ctx));
    must(ssl != nullptr, "SSL_new");
    W::attach(ssl.get(), e);
    return ssl;
  }

  static bool done(SSL* ssl, end& e) {
    W::fill(ssl, e);
    const int answer = SSL_do_handshake(ssl);
    must(answer == 1 || SSL_get_error(ssl, answer) == SSL_ERROR_WANT_READ, "SSL_do_handshake");
    W::flush(ssl, e);
    return answer == 1;
  }

  agreed connect(SSL_CTX* ctx, const char* servername, SSL_SESSION* session) {
    link_->clear();
    client_ = new_ssl(ctx, client_end_);
    server_ = new_ssl(server_ctx_.get(), server_end_);
    SSL* client = client_.get();
    SSL_set_connect_state(client);
    SSL_set_accept_state(server_.get());
    must(SSL_set_tlsext_host_name(client, servername) == 1, "SNI");
    must(SSL_set1_host(client, servername) == 1, "SSL_set1_host");
    if (session != nullptr) must(SSL_set_session(client, session) == 1, "SSL_set_session");
    bool client_done = false;
    bool server_done = false;
    for (int turn = 0; !client_done || !server_done; ++turn) {
      if (turn > 10) throw failure("handshake: no end");
      if (!client_done) client_done = done(client, client_end_);
      if (!server_done) server_done = done(server_.get(), server_end_);
    }
    // The server's tickets come behind its handshake.
    std::array<std::byte, 1> nothing{};
    W::fill(client, client_end_);
    const int answer = SSL_read(client, nothing.data(), 1);
    if (SSL_get_error(client, answer) != SSL_ERROR_WANT_READ || !link_->to_client.empty() ||
        BIO_ctrl_pending(SSL_get_rbio(client)) != 0) {
      throw failure("the client did not read the tickets");
    }
    const bool resumed = SSL_session_reused(client) == 1;
    // The name is compared with the certificate, of which a resumed connection has none.
    const bool named = resumed || SSL_get0_peername(client) != nullptr;
    return {.verified = SSL_get_verify_result(client) == X509_V_OK && named,
            .version = SSL_get_version(client),
            .cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(client)),
            .group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(client))),
            .resumed = resumed};
  }

  ssl_ctx_ptr server_ctx_;
  ssl_ctx_ptr one_;
  ssl_ctx_ptr system_;
  ssl_session_ptr session_;
  std::unique_ptr<link> link_ = std::make_unique<link>();
  end client_end_{link_->to_client, link_->to_server};
  end server_end_{link_->to_server, link_->to_client};
  ssl_ptr client_;
  ssl_ptr server_;
};

}  // namespace bench
