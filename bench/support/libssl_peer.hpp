// libssl_peer: raw libssl at both ends, for each way to give it its bytes.
#pragma once

#include "support/libssl_context.hpp"
#include "support/peer.hpp"
#include "support/pipe.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace bench {

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
      : server_ctx_(ctx_presenting(files.cert, files.key)),
        one_(ctx_trusting(files.ca)),
        system_(ctx_trusting(files.system)) {}

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
    name_the_server(client, servername, session);
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
    agreed is = agreed_by(client);
    is.verified = is.verified && name_was_verified(client);
    return is;
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
