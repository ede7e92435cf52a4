// links: bench_asio OpenSSL::SSL OpenSSL::Crypto
//
// asio::ssl::stream with coroutines, as its users write it: contexts for ever, and each connection ended by
// async_shutdown, without which OpenSSL does not resume its session.
#include "loopback/support/asio_tcp.hpp"
#include "loopback/support/serve.hpp"
#include "support/libssl_context.hpp"

#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace {

using asio::use_awaitable;

class asio_ssl : public bench::asio_tcp {
 public:
  static constexpr bench::terms keeps = bench::tls_1_3;
  static constexpr bool resumes = true;

  class connection {
   public:
    connection(asio::ip::tcp::socket s, asio::ssl::context& context) : stream_(std::move(s), context) {}

    asio::awaitable<std::size_t> begin() {
      co_await stream_.async_handshake(asio::ssl::stream_base::server, use_awaitable);
      co_return 0;
    }
    auto recv(std::span<std::byte> into) {
      return stream_.async_read_some(asio::buffer(into.data(), into.size()),
                                     asio::redirect_error(use_awaitable, end_));
    }
    auto recvn(std::span<std::byte> into) {
      return asio::async_read(stream_, asio::buffer(into.data(), into.size()), use_awaitable);
    }
    auto send(std::span<const std::byte> from) {
      return asio::async_write(stream_, asio::buffer(from.data(), from.size()), use_awaitable);
    }
    asio::awaitable<std::size_t> close() {
      if (keeper_ != nullptr) keeper_->reset(SSL_get1_session(ssl()));
      co_await stream_.async_shutdown(asio::redirect_error(use_awaitable, end_));
      stream_.next_layer().close(end_);
      co_return 0;
    }
    [[nodiscard]] bench::agreed agreed() const {
      return bench::agreed_by(const_cast<asio::ssl::stream<asio::ip::tcp::socket>&>(stream_).native_handle());
    }

    asio::awaitable<void> begin_as_client(const char* servername, bench::ssl_session_ptr* keeper) {
      keeper_ = keeper;
      stream_.set_verify_callback(asio::ssl::host_name_verification(servername));
      bench::must(SSL_set_tlsext_host_name(ssl(), servername) == 1, "SNI");
      if (keeper != nullptr && *keeper != nullptr)
        bench::must(SSL_set_session(ssl(), keeper->get()) == 1, "SSL_set_session");
      co_await stream_.async_handshake(asio::ssl::stream_base::client, use_awaitable);
    }

   private:
    SSL* ssl() { return stream_.native_handle(); }

    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    bench::ssl_session_ptr* keeper_ = nullptr;
    std::error_code end_;
  };

  explicit asio_ssl(const bench::material& files) {
    bench::hold_to_tls_1_3(server_.native_handle());
    server_.use_certificate_chain_file(files.cert);
    server_.use_private_key_file(files.key, asio::ssl::context::pem);
    bench::hold_to_tls_1_3(client_.native_handle());
    client_.load_verify_file(files.ca);
    client_.set_verify_mode(asio::ssl::verify_peer);
  }

  static std::string version() { return asio_version() + ", " + OpenSSL_version(OPENSSL_VERSION); }
  static std::size_t done(std::size_t n) noexcept { return n; }  // what fails throws

  asio::awaitable<connection> accept(listener& l) {
    asio::ip::tcp::socket s = co_await accepted(l);
    co_return connection(std::move(s), server_);
  }
  asio::awaitable<connection> connect(std::uint16_t port, const char* servername, bench::sessions use) {
    asio::ip::tcp::socket s = co_await connected(port);
    connection c(std::move(s), client_);
    co_await c.begin_as_client(servername, use == bench::sessions::remembered ? &session_ : nullptr);
    co_return c;
  }

 private:
  asio::ssl::context server_{asio::ssl::context::tls_server};
  asio::ssl::context client_{asio::ssl::context::tls_client};
  bench::ssl_session_ptr session_;  // tickets are used once: each connection brings the next
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_on_loopback<asio_ssl>(argc, argv); }
