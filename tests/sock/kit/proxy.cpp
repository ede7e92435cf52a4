#include "sock/kit/proxy.hpp"

#include "support/seed.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

using asio::ip::tcp;

// The two sockets of one connection. What is done to one is done to it whatever its state.
struct link {
  link(tcp::socket c, tcp::socket s) : client(std::move(c)), server(std::move(s)) {}

  static void finish(tcp::socket& s) {
    std::error_code ignored;
    s.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() {
    std::error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
  void reset() {
    std::error_code ignored;
    client.set_option(asio::socket_base::linger(true, 0), ignored);
    server.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

  tcp::socket client;
  tcp::socket server;
};

using link_ptr = std::shared_ptr<link>;

// The counter belongs to `keeper`.
asio::awaitable<void> pass(link_ptr both, bool to_server, flow by, std::size_t* passed,
                           std::shared_ptr<void> keeper, std::mt19937_64 random) {
  tcp::socket& from = to_server ? both->client : both->server;
  tcp::socket& to = to_server ? both->server : both->client;
  asio::steady_timer pause(from.get_executor());
  std::vector<std::byte> room(std::size_t{64} * 1024);
  std::size_t of_this_link = 0;
  std::error_code failure;
  bool is_deaf = false;
  for (;;) {
    if (by.until && of_this_link >= *by.until && !is_deaf) {
      switch (by.then) {
        case mishap::none:
          break;
        case mishap::half_close:
          link::finish(to);
          is_deaf = true;
          break;
        case mishap::cut:
          both->close();
          co_return;
        case mishap::reset:
          both->reset();
          co_return;
        case mishap::silence:
          is_deaf = true;
          break;
      }
    }
    const std::size_t n =
        co_await from.async_read_some(asio::buffer(room), asio::redirect_error(asio::use_awaitable, failure));
    if (failure == asio::error::eof) break;
    if (failure) {
      both->reset();
      co_return;
    }
    std::size_t sent = 0;
    while (sent < n && !is_deaf) {
      std::size_t piece = std::uniform_int_distribution<std::size_t>(1, by.piece)(random);
      piece = std::min(piece, n - sent);
      if (by.until && by.then != mishap::none) {
        if (of_this_link >= *by.until) break;
        piece = std::min(piece, *by.until - of_this_link);
      }
      if (by.pause.count() != 0) {
        pause.expires_after(by.pause);
        co_await pause.async_wait(asio::use_awaitable);
      } else if (by.piece < room.size()) {
        co_await later();
      }
      co_await asio::async_write(to, asio::buffer(room.data() + sent, piece),
                                 asio::redirect_error(asio::use_awaitable, failure));
      if (failure) {
        both->reset();
        co_return;
      }
      sent += piece;
      of_this_link += piece;
      *passed += piece;
    }
  }
  if (!is_deaf) link::finish(to);
  static_cast<void>(keeper);
}

}  // namespace

route dribbled() {
  route r;
  r.to_server.piece = 7;
  r.to_client.piece = 700;
  return r;
}

route delayed() {
  route r;
  r.to_server.pause = r.to_client.pause = std::chrono::microseconds(500);
  return r;
}

struct proxy::state {
  state(loop& in, std::uint16_t port, const route& r)
      : acceptor(in.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)), to(port), by(r) {}

  tcp::acceptor acceptor;
  std::uint16_t to;
  route by;
  std::size_t to_server = 0;
  std::size_t to_client = 0;
};

proxy::proxy(loop& in, std::uint16_t to, const route& by) : state_(std::make_shared<state>(in, to, by)) {
  asio::co_spawn(in.context(), accept(state_), asio::detached);
}

std::uint16_t proxy::port() const { return state_->acceptor.local_endpoint().port(); }
std::size_t proxy::passed_to_server() const noexcept { return state_->to_server; }
std::size_t proxy::passed_to_client() const noexcept { return state_->to_client; }

asio::awaitable<void> proxy::accept(std::shared_ptr<state> all) {
  for (;;) {
    tcp::socket client = co_await all->acceptor.async_accept(asio::use_awaitable);
    tcp::socket server(all->acceptor.get_executor());
    const tcp::endpoint where(asio::ip::address_v4::loopback(), all->to);
    co_await server.async_connect(where, asio::use_awaitable);
    // Its own buffers would blur where the stream was cut.
    client.set_option(tcp::no_delay(true));
    server.set_option(tcp::no_delay(true));
    const auto both = std::make_shared<link>(std::move(client), std::move(server));
    const auto ex = all->acceptor.get_executor();
    asio::co_spawn(ex, pass(both, true, all->by.to_server, &all->to_server, all, dice()), asio::detached);
    asio::co_spawn(ex, pass(both, false, all->by.to_client, &all->to_client, all, dice()), asio::detached);
  }
}

}  // namespace stls::test
