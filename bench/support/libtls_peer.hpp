// A peer with the C API of libtls, whosever it is. A client is made and configured for each connection, as
// libtls has it: a context holds one connection, and tls_reset takes its configuration too.
#pragma once

#include "support/libtls_config.hpp"
#include "support/peer.hpp"
#include "support/pipe.hpp"

#include <sys/types.h>

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

  static ssize_t read(tls* /*unused*/, void* into, std::size_t size, void* self) {
    const std::size_t n = static_cast<end*>(self)->in.read({static_cast<std::byte*>(into), size});
    return n == 0 ? TLS_WANT_POLLIN : static_cast<ssize_t>(n);
  }
  static ssize_t write(tls* /*unused*/, const void* from, std::size_t size, void* self) {
    const std::size_t n = static_cast<end*>(self)->out.write({static_cast<const std::byte*>(from), size});
    return n == 0 ? TLS_WANT_POLLOUT : static_cast<ssize_t>(n);
  }
};

// Kind is the library: Kind::version(), and a Kind whose life is the time in which the server's context is
// made; its constructor takes the server's config.
template <class Kind>
class libtls_peer {
 public:
  static constexpr terms keeps = tls_1_3;

  explicit libtls_peer(const material& files)
      : system_file_(files.system), one_(trusting(files.ca)), system_(trusting(files.system)) {
    tls_init();
    const config_ptr config = new_config();
    if (tls_config_set_keypair_file(config.get(), files.cert.c_str(), files.key.c_str()) != 0) {
      throw failure(tls_config_error(config.get()));
    }
    const Kind while_the_server_is_made(config.get());
    server_.reset(tls_server());
    must(server_ && tls_configure(server_.get(), config.get()) == 0, server_.get());
  }

  static std::string version() { return Kind::version(); }

  agreed handshake(roots r, const char* servername) {
    link_->clear();
    client_side_.reset(tls_client());
    tls* client = client_side_.get();
    must(client != nullptr && tls_configure(client, (r == roots::one ? one_ : system_).get()) == 0, client);
    must(tls_connect_cbs(client, end::read, end::write, &client_end_, servername) == 0, client);
    tls* server = nullptr;
    must(tls_accept_cbs(server_.get(), &server, end::read, end::write, &server_end_) == 0, server_.get());
    server_side_.reset(server);
    bool client_done = false;
    bool server_done = false;
    for (int turn = 0; !client_done || !server_done; ++turn) {
      if (turn > 10) throw failure("handshake: no end");
      if (!client_done) client_done = done(client);
      if (!server_done) server_done = done(server);
    }
    // The server's tickets come behind its handshake; a call of tls_read takes one.
    std::array<std::byte, 1> nothing{};
    do {
      if (tls_read(client, nothing.data(), 1) != TLS_WANT_POLLIN) throw failure("there is more than tickets");
    } while (!link_->to_client.empty());
    return {.verified = tls_peer_cert_provided(client) == 1,  // it was verified, or the handshake had failed
            .version = tls_conn_version(client),
            .cipher = tls_conn_cipher(client),
            .group = tls_1_3.group,  // libtls does not tell, but both ends know no other
            .resumed = tls_conn_session_resumed(client) == 1};
  }

  void renew() { system_ = trusting(system_file_); }

  // A client of libtls resumes from a file alone, and LibreTLS's never TLS 1.3.
  static bool resumes() { return false; }
  static agreed resume() { throw failure("libtls does not resume without a file"); }

  void write(std::span<const std::byte> from) {
    while (!from.empty()) {
      const ssize_t n = tls_write(client_side_.get(), from.data(), from.size());
      must(n > 0, client_side_.get());
      from = from.subspan(static_cast<std::size_t>(n));
    }
  }

  void read(std::span<std::byte> into) {
    while (!into.empty()) {
      const ssize_t n = tls_read(server_side_.get(), into.data(), into.size());
      must(n > 0, server_side_.get());
      into = into.subspan(static_cast<std::size_t>(n));
    }
  }

  static void idle() {}  // libtls has no word for it
  void drop_client() { client_side_.reset(); }

 private:
  static bool done(tls* side) {
    const int answer = tls_handshake(side);
    must(answer == 0 || answer == TLS_WANT_POLLIN, side);
    return answer == 0;
  }

  std::string system_file_;
  config_ptr one_;
  config_ptr system_;
  tls_ptr server_;
  std::unique_ptr<link> link_ = std::make_unique<link>();
  end client_end_{link_->to_client, link_->to_server};
  end server_end_{link_->to_server, link_->to_client};
  tls_ptr client_side_;
  tls_ptr server_side_;
};

}  // namespace bench
