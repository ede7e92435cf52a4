// links: pkg:libtls OpenSSL::SSL OpenSSL::Crypto
//
// LibreTLS on the socket itself, by tls_accept_socket and tls_connect_socket, and epoll.
#include "loopback/support/epoll_loop.hpp"
#include "loopback/support/serve.hpp"
#include "support/libretls.hpp"
#include "support/libtls_config.hpp"

#include <csignal>

namespace {

using bench::epoll_task;
using bench::must;

class libretls_epoll : public bench::epoll_loop {
 public:
  static constexpr bench::terms keeps = bench::tls_1_3;
  static constexpr bool resumes = false;  // it saves the session before the tickets of TLS 1.3 arrive
  using listener = socket;

  class connection {
   public:
    connection(socket s, bench::tls_ptr tls) : socket_(std::move(s)), tls_(std::move(tls)) {}

    epoll_task<std::size_t> begin() {
      for (;;) {
        const int answer = tls_handshake(tls_.get());
        if (answer == 0) co_return 0;
        co_await socket_->until(wanted(answer));
      }
    }
    epoll_task<std::size_t> recv(std::span<std::byte> into) {
      for (;;) {
        const ssize_t n = tls_read(tls_.get(), into.data(), into.size());
        if (n >= 0) co_return static_cast<std::size_t>(n);
        co_await socket_->until(wanted(n));
      }
    }
    epoll_task<std::size_t> recvn(std::span<std::byte> into) {
      const std::size_t size = into.size();
      while (!into.empty()) {
        const ssize_t n = tls_read(tls_.get(), into.data(), into.size());
        if (n == 0) throw bench::failure("the stream ended too early");
        if (n > 0) {
          into = into.subspan(static_cast<std::size_t>(n));
        } else {
          co_await socket_->until(wanted(n));
        }
      }
      co_return size;
    }
    epoll_task<std::size_t> send(std::span<const std::byte> from) {
      const std::size_t size = from.size();
      while (!from.empty()) {
        const ssize_t n = tls_write(tls_.get(), from.data(), from.size());
        if (n > 0) {
          from = from.subspan(static_cast<std::size_t>(n));
        } else {
          co_await socket_->until(wanted(n));
        }
      }
      co_return size;
    }
    epoll_task<std::size_t> close() {
      tls_close(tls_.get());  // close_notify is sent, or it is not
      tls_.reset();
      socket_.reset();
      co_return 0;
    }
    [[nodiscard]] bench::agreed agreed() const {
      return {.verified = tls_peer_cert_provided(tls_.get()) == 1,  // it was, or the handshake had failed
              .version = tls_conn_version(tls_.get()),
              .cipher = tls_conn_cipher(tls_.get()),
              .group = bench::tls_1_3.group,  // libtls does not tell, but both ends know no other
              .resumed = tls_conn_session_resumed(tls_.get()) == 1};
    }

   private:
    std::uint32_t wanted(ssize_t answer) const {
      must(answer == TLS_WANT_POLLIN || answer == TLS_WANT_POLLOUT, tls_.get());
      return answer == TLS_WANT_POLLIN ? EPOLLIN : EPOLLOUT;
    }

    socket socket_;
    bench::tls_ptr tls_;
  };

  explicit libretls_epoll(const bench::material& files) : client_(bench::trusting(files.ca)) {
    const bench::config_ptr config = bench::new_config();
    if (tls_config_set_keypair_file(config.get(), files.cert.c_str(), files.key.c_str()) != 0)
      throw bench::failure(tls_config_error(config.get()));
    const bench::libretls_of_one_cipher while_the_server_is_made(config.get());
    server_.reset(tls_server());
    must(server_ && tls_configure(server_.get(), config.get()) == 0, server_.get());
  }

  static std::string version() { return bench::libretls_of_one_cipher::version(); }
  static std::size_t done(std::size_t n) noexcept { return n; }  // what fails throws

  epoll_task<listener> listen() { co_return listen_here(); }
  epoll_task<connection> accept(listener& l) {
    socket s = co_await accept_on(*l);
    tls* made = nullptr;
    must(tls_accept_socket(server_.get(), &made, s->descriptor()) == 0, server_.get());
    co_return connection(std::move(s), bench::tls_ptr(made));
  }
  epoll_task<connection> connect(std::uint16_t port, const char* servername, bench::sessions /*none*/) {
    socket s = co_await connect_to(port);
    bench::tls_ptr made(tls_client());
    must(made && tls_configure(made.get(), client_.get()) == 0, made.get());
    must(tls_connect_socket(made.get(), s->descriptor(), servername) == 0, made.get());
    connection c(std::move(s), std::move(made));
    co_await c.begin();
    co_return c;
  }

 private:
  bench::config_ptr client_;
  bench::tls_ptr server_;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // libtls leaves that to the program
  return bench::serve_on_loopback<libretls_epoll>(argc, argv);
}
