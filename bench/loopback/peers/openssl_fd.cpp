// links: OpenSSL::SSL OpenSSL::Crypto
//
// OpenSSL on the socket itself, by SSL_set_fd, and epoll.
#include "loopback/support/epoll_loop.hpp"
#include "loopback/support/serve.hpp"
#include "support/libssl_context.hpp"

namespace {

using bench::epoll_task;
using bench::must;

class openssl_fd : public bench::epoll_loop {
 public:
  static constexpr bench::terms keeps = bench::tls_1_3;
  static constexpr bool resumes = true;
  using listener = socket;

  class connection {
   public:
    connection(socket s, SSL_CTX* ctx) : socket_(std::move(s)), ssl_(SSL_new(ctx)) {
      must(ssl_ != nullptr && SSL_set_fd(ssl_.get(), socket_->descriptor()) == 1, "SSL_new");
      SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    }

    epoll_task<std::size_t> begin() {
      SSL_set_accept_state(ssl_.get());
      return handshake();
    }
    epoll_task<std::size_t> begin_as_client(const char* servername, bench::ssl_session_ptr* keeper) {
      keeper_ = keeper;
      bench::name_the_server(ssl_.get(), servername, keeper == nullptr ? nullptr : keeper->get());
      SSL_set_connect_state(ssl_.get());
      return handshake();
    }

    // What libssl has read already is not in the socket; else there is nothing before epoll says so.
    epoll_task<std::size_t> recv(std::span<std::byte> into) {
      if (SSL_pending(ssl_.get()) == 0) co_await socket_->until(EPOLLIN);
      for (;;) {
        std::size_t n = 0;
        const int answer = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
        if (answer == 1) co_return n;
        if (SSL_get_error(ssl_.get(), answer) == SSL_ERROR_ZERO_RETURN) co_return 0;
        co_await socket_->until(wanted(answer, "SSL_read_ex"));
      }
    }
    epoll_task<std::size_t> recvn(std::span<std::byte> into) {
      const std::size_t size = into.size();
      if (SSL_pending(ssl_.get()) == 0) co_await socket_->until(EPOLLIN);
      while (!into.empty()) {
        std::size_t n = 0;
        const int answer = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
        into = into.subspan(n);
        if (answer != 1) co_await socket_->until(wanted(answer, "SSL_read_ex"));
      }
      co_return size;
    }
    epoll_task<std::size_t> send(std::span<const std::byte> from) {
      for (;;) {
        std::size_t n = 0;
        const int answer = SSL_write_ex(ssl_.get(), from.data(), from.size(), &n);
        if (answer == 1) co_return n;  // all of it: partial writes are not asked for
        co_await socket_->until(wanted(answer, "SSL_write_ex"));
      }
    }
    epoll_task<std::size_t> close() {
      if (keeper_ != nullptr) keeper_->reset(SSL_get1_session(ssl_.get()));
      SSL_shutdown(ssl_.get());
      ERR_clear_error();
      ssl_.reset();
      socket_.reset();
      co_return 0;
    }
    [[nodiscard]] bench::agreed agreed() const {
      bench::agreed is = bench::agreed_by(ssl_.get());
      is.verified = is.verified && bench::name_was_verified(ssl_.get());
      return is;
    }

   private:
    epoll_task<std::size_t> handshake() {
      for (;;) {
        const int answer = SSL_do_handshake(ssl_.get());
        if (answer == 1) co_return 0;
        co_await socket_->until(wanted(answer, "SSL_do_handshake"));
      }
    }
    std::uint32_t wanted(int answer, const char* what) {
      const int why = SSL_get_error(ssl_.get(), answer);
      must(why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE, what);
      return why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    }

    socket socket_;
    bench::ssl_ptr ssl_;
    bench::ssl_session_ptr* keeper_ = nullptr;
  };

  explicit openssl_fd(const bench::material& files)
      : server_(bench::ctx_presenting(files.cert, files.key)), client_(bench::ctx_trusting(files.ca)) {}

  static std::string version() { return OpenSSL_version(OPENSSL_VERSION); }
  static std::size_t done(std::size_t n) noexcept { return n; }  // what fails throws

  epoll_task<listener> listen() { co_return listen_here(); }
  epoll_task<connection> accept(listener& l) {
    socket s = co_await accept_on(*l);
    co_return connection(std::move(s), server_.get());
  }
  epoll_task<connection> connect(std::uint16_t port, const char* servername, bench::sessions use) {
    socket s = co_await connect_to(port);
    connection c(std::move(s), client_.get());
    co_await c.begin_as_client(servername, use == bench::sessions::remembered ? &session_ : nullptr);
    co_return c;
  }

 private:
  bench::ssl_ctx_ptr server_;
  bench::ssl_ctx_ptr client_;
  bench::ssl_session_ptr session_;  // tickets are used once: each connection brings the next
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_on_loopback<openssl_fd>(argc, argv); }
