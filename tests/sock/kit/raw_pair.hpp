// raw_pair: an end of stls and a raw peer on loopback, each in a coroutine of its own.
#pragma once

#include "sock/kit/loop.hpp"
#include "sock/kit/raw_end.hpp"
#include "sock/kit/secure_pair.hpp"
#include "sock/kit/tight.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <utility>

namespace stls::test {

using raw_task = std::function<asio::awaitable<void>(raw_end&)>;

class raw_pair {
 public:
  explicit raw_pair(const end_case& c)
      : is_client_(c.is_client()),
        conf_(made(c.is_client() ? c.both().client_options() : c.both().server_options())) {
    raw.end = c.is_client() ? role::server : role::client;
  }

  raw_options raw;
  bool tight = false;  // both ends have little room in the system

  void run(const end_task& end, const raw_task& other) {
    if (is_client_) {
      loop_.spawn(raw_server(end, other));
    } else {
      loop_.spawn(server(end, other));
    }
    loop_.run();
  }
  [[nodiscard]] loop& in() noexcept { return loop_; }
  [[nodiscard]] const config& conf() const noexcept { return conf_; }

 private:
  asio::awaitable<void> server(end_task end, raw_task other) {
    auto listener = co_await stls::listen("127.0.0.1", 0, conf_);
    EXPECT_TRUE(succeeded(listener));
    if (!listener) co_return;
    if (tight) small_segments(listener->lower().native_handle());
    loop_.spawn(raw_client(listener->lower().local()->port, std::move(other)));
    auto s = co_await listener->accept();
    EXPECT_TRUE(succeeded(s));
    if (!s) co_return;
    if (tight) small_buffers(s->lower().native_handle());
    co_await end(*s);
  }
  asio::awaitable<void> raw_client(std::uint16_t port, raw_task other) {
    auto at = co_await connected_to(port);
    if (tight) small_buffers(at.native_handle());
    raw_end r(std::move(at), raw);
    co_await other(r);
  }
  asio::awaitable<void> raw_server(end_task end, raw_task other) {
    asio::ip::tcp::acceptor acceptor(loop_.context(), {asio::ip::address_v4::loopback(), 0});
    if (tight) small_segments(acceptor.native_handle());
    loop_.spawn(client(acceptor.local_endpoint().port(), std::move(end)));
    auto at = co_await acceptor.async_accept(asio::use_awaitable);
    at.set_option(asio::ip::tcp::no_delay(true));
    if (tight) small_buffers(at.native_handle());
    raw_end r(std::move(at), raw);
    co_await other(r);
  }
  asio::awaitable<void> client(std::uint16_t port, end_task end) {
    tcp lower(loop_.executor());
    EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
    if (tight) small_buffers(lower.native_handle());
    auto s = client_stcp(std::move(lower), "localhost", conf_);
    EXPECT_TRUE(succeeded(s));
    if (s) co_await end(*s);
  }

  loop loop_;
  bool is_client_;
  config conf_;
};

}  // namespace stls::test
