#include "sock/kit/raw_end.hpp"

#include <asio/buffer.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace stls::test {

raw_end::raw_end(asio::ip::tcp::socket s, const raw_options& opt)
    : socket_(std::move(s)), wire_(std::size_t{1} << 20), peer_(wire_.server, opt), actor_(peer_) {
  socket_.non_blocking(true);
}

asio::awaitable<void> raw_end::play() {
  for (;;) {
    bool moved = false;
    while (actor_.turn()) moved = true;
    moved = carry() || moved;
    if (actor_.resting() && unsent_.empty()) co_return;
    if (!moved) co_await wait();
  }
}

asio::awaitable<std::size_t> raw_end::flood(std::function<void()> step, std::size_t most) {
  std::size_t sent = 0;
  std::error_code failure;
  while (sent < most && !failure) {
    for (int i = 0; i < 100; ++i) step();
    const bytes some = wire_.client.arrived();
    sent += co_await asio::async_write(socket_, asio::buffer(some),
                                       asio::redirect_error(asio::use_awaitable, failure));
  }
  co_return sent;
}

bool raw_end::carry() {
  bool moved = false;
  std::error_code failure;
  append(unsent_, wire_.client.arrived());
  while (!unsent_.empty()) {
    const std::size_t n = socket_.write_some(asio::buffer(unsent_), failure);
    if (failure && failure != asio::error::would_block) {
      unsent_.clear();
      wire_.client.close();
      return true;
    }
    if (n == 0) break;
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(n));
    moved = true;
  }
  // As a program would: nothing is received while nothing is taken.
  std::array<std::byte, 16384> room;
  if (!ended_ && wire_.server.unread() < room.size()) {
    const std::size_t n = socket_.read_some(asio::buffer(room), failure);
    if (failure && failure != asio::error::would_block) {
      ended_ = true;
      wire_.client.finish();
      return true;
    }
    wire_.client.inject(std::span(room).first(n));
    moved = moved || n != 0;
  }
  return moved;
}

asio::awaitable<void> raw_end::wait() {
  using namespace asio::experimental::awaitable_operators;
  using asio::ip::tcp;
  std::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  if (unsent_.empty()) {
    co_await socket_.async_wait(tcp::socket::wait_read, token);
  } else if (ended_) {
    co_await socket_.async_wait(tcp::socket::wait_write, token);
  } else {
    std::error_code also;
    co_await (socket_.async_wait(tcp::socket::wait_read, token) ||
              socket_.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, also)));
  }
}

void raw_end::hang_up() {
  std::error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<asio::ip::tcp::socket> connected_to(std::uint16_t port) {
  asio::ip::tcp::socket s(co_await asio::this_coro::executor);
  const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), port);
  co_await s.async_connect(where, asio::use_awaitable);
  s.set_option(asio::ip::tcp::no_delay(true));
  co_return s;
}

}  // namespace stls::test
