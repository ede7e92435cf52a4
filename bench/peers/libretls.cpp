// links: pkg:libtls OpenSSL::SSL OpenSSL::Crypto
//
// LibreTLS: libtls's API on OpenSSL. A client is made and configured for each connection, as libtls has it: a
// context holds one connection, and tls_reset takes its configuration too.
#include "support/pipe.hpp"
#include "support/serve.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <tls.h>

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using bench::agreed;
using bench::failure;
using bench::roots;

struct deleter {
  void operator()(tls* p) const { tls_free(p); }
  void operator()(tls_config* p) const { tls_config_free(p); }
};
using tls_ptr = std::unique_ptr<tls, deleter>;
using config_ptr = std::unique_ptr<tls_config, deleter>;

// use_one_cipher: libtls has no word for TLS 1.3's ciphers, and OpenSSL's own order begins with AES-256. So
// the server's context, made while the return value lives, gets its list from a configuration file; the
// clients offer all, and are not slowed down by a file.
class use_one_cipher {
 public:
  use_one_cipher() {
    std::string name = "/tmp/stls-bench-XXXXXX";
    const int fd = mkstemp(name.data());
    if (fd < 0) throw failure("mkstemp failed");
    const std::string text =
        std::string("openssl_conf = top\n[top]\nssl_conf = ssl\n[ssl]\nsystem_default = suites\n") +
        "[suites]\nCiphersuites = " + bench::tls_1_3.cipher + "\n";
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    OPENSSL_load_builtin_modules();
    const bool loaded = written && CONF_modules_load_file(name.c_str(), "openssl_conf", 0) == 1;
    ::unlink(name.c_str());
    if (!loaded) throw failure("the ciphers could not be set");
  }
  ~use_one_cipher() { CONF_modules_unload(1); }
  use_one_cipher(const use_one_cipher&) = delete;
  use_one_cipher& operator=(const use_one_cipher&) = delete;
};

void must(bool done, tls* of) {
  if (!done) throw failure(tls_error(of) == nullptr ? "libtls failed" : tls_error(of));
}

config_ptr new_config() {
  config_ptr config(tls_config_new());
  if (!config || tls_config_set_protocols(config.get(), TLS_PROTOCOL_TLSv1_3) != 0 ||
      tls_config_set_ecdhecurves(config.get(), bench::tls_1_3.group) != 0) {
    throw failure("tls_config_new failed");
  }
  return config;
}

config_ptr trusting(const std::string& ca) {
  config_ptr config = new_config();
  if (tls_config_set_ca_file(config.get(), ca.c_str()) != 0) throw failure(tls_config_error(config.get()));
  return config;
}

// end is one side's view of the link.
struct end {
  bench::pipe& in;
  bench::pipe& out;

  static ssize_t read(tls* /*unused*/, void* into, std::size_t size, void* self) {
    const std::size_t n = static_cast<end*>(self)->in.read({static_cast<std::byte*>(into), size});
    return n == 0 ? TLS_WANT_POLLIN : static_cast<ssize_t>(n);
  }
  static ssize_t write(tls* /*unused*/, const void* from, std::size_t size, void* self) {
    const std::size_t n = static_cast<end*>(self)->out.write({static_cast<const std::byte*>(from), size});
    return n == 0 ? TLS_WANT_POLLOUT : static_cast<ssize_t>(n);
  }
};

class libretls_peer {
 public:
  static constexpr bench::terms keeps = bench::tls_1_3;

  explicit libretls_peer(const bench::material& files)
      : one_(trusting(files.ca)), system_(trusting(files.system)) {
    tls_init();
    const config_ptr config = new_config();
    if (tls_config_set_keypair_file(config.get(), files.cert.c_str(), files.key.c_str()) != 0) {
      throw failure(tls_config_error(config.get()));
    }
    const use_one_cipher while_the_server_is_made;
    server_.reset(tls_server());
    must(server_ && tls_configure(server_.get(), config.get()) == 0, server_.get());
  }

  static std::string version() {
    return "LibreTLS, libtls API " + std::to_string(TLS_API) + ", " + OpenSSL_version(OPENSSL_VERSION);
  }

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
            .group = bench::tls_1_3.group,  // libtls does not tell, but both ends know no other
            .resumed = tls_conn_session_resumed(client) == 1};
  }

  // LibreTLS never resumes TLS 1.3: tls_config_set_session_fd stores the session before its tickets arrive.
  static bool resumes() { return false; }
  static agreed resume() { throw failure("LibreTLS does not resume"); }

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

  config_ptr one_;
  config_ptr system_;
  tls_ptr server_;
  std::unique_ptr<bench::link> link_ = std::make_unique<bench::link>();
  end client_end_{link_->to_client, link_->to_server};
  end server_end_{link_->to_server, link_->to_client};
  tls_ptr client_side_;
  tls_ptr server_side_;
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<libretls_peer>(argc, argv); }
