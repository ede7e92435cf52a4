// links: bench_asio
//
// TCP on Asio with coroutines: the limit for sockets on that loop.
#include "loopback/support/asio_tcp.hpp"
#include "loopback/support/serve.hpp"

#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace {

using asio::use_awaitable;

class plain_asio : public bench::asio_tcp {
 public:
  static constexpr bench::terms keeps = bench::plain;
  static constexpr bool resumes = false;

  class connection {
   public:
    explicit connection(asio::ip::tcp::socket s) : socket_(std::move(s)) {}

    static asio::awaitable<std::size_t> begin() { co_return 0; }
    auto recv(std::span<std::byte> into) {
      return socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                     asio::redirect_error(use_awaitable, end_));
    }
    auto recvn(std::span<std::byte> into) {
      return asio::async_read(socket_, asio::buffer(into.data(), into.size()), use_awaitable);
    }
    auto send(std::span<const std::byte> from) {
      return asio::async_write(socket_, asio::buffer(from.data(), from.size()), use_awaitable);
    }
    asio::awaitable<std::size_t> close() {
      socket_.close(end_);
      co_return 0;
    }
    [[nodiscard]] static bench::agreed agreed() { return {}; }

   private:
    asio::ip::tcp::socket socket_;
    std::error_code end_;
  };

  explicit plain_asio(const bench::material& /*files*/) {}

  static std::string version() { return asio_version(); }
  static std::size_t done(std::size_t n) noexcept { return n; }  // what fails throws

  asio::awaitable<connection> accept(listener& l) {
    asio::ip::tcp::socket s = co_await accepted(l);
    co_return connection(std::move(s));
  }
  asio::awaitable<connection> connect(std::uint16_t port, const char* /*servername*/,
                                      bench::sessions /*use*/) {
    asio::ip::tcp::socket s = co_await connected(port);
    co_return connection(std::move(s));
  }
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_on_loopback<plain_asio>(argc, argv); }
