// secure_pair: a TLS server on loopback and a client of it, each in a coroutine of its own.
#pragma once

#include "sock/kit/link_case.hpp"
#include "sock/kit/loop.hpp"
#include "sock/kit/proxy.hpp"
#include "sock/kit/tight.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

namespace stls::test {

// What one end does with its socket, whose handshake has not begun.
using end_task = std::function<asio::awaitable<void>(stcp&)>;

class secure_pair {
 public:
  explicit secure_pair(const engine_case& c) : secure_pair(c.client_options(), c.server_options()) {}
  explicit secure_pair(const link_case& c) : secure_pair(static_cast<const engine_case&>(c)) {
    between = c.between();
  }
  secure_pair(const options& client, const options& server) : secure_pair(made(client), made(server)) {}
  secure_pair(config client, config server)
      : client_config_(std::move(client)), server_config_(std::move(server)) {}

  server_options listening;
  bool tight = false;            // both ends have little room in the system
  std::optional<route> between;  // a proxy that passes on so; else the two are connected directly

  // run has both ends do that, and returns when both have ended. The sockets live until then, or until an end
  // moves its own away.
  void run(const end_task& client, const end_task& server) {
    loop_.spawn(serve(server, client));
    loop_.run();
  }

  [[nodiscard]] loop& in() noexcept { return loop_; }
  [[nodiscard]] const proxy& middle() const noexcept { return *proxy_; }
  [[nodiscard]] const config& client_config() const noexcept { return client_config_; }
  [[nodiscard]] const config& server_config() const noexcept { return server_config_; }

 private:
  asio::awaitable<void> serve(end_task server, end_task client) {
    auto listener = co_await stls::listen("127.0.0.1", 0, server_config_, listening);
    EXPECT_TRUE(succeeded(listener));
    if (!listener) co_return;
    if (tight) small_segments(listener->lower().native_handle());
    std::uint16_t port = listener->lower().local()->port;
    if (between) port = proxy_.emplace(loop_, port, *between).port();
    loop_.spawn(connect(port, std::move(client)));
    auto accepted = co_await listener->accept();
    EXPECT_TRUE(succeeded(accepted));
    if (!accepted) co_return;
    if (tight) small_buffers(accepted->lower().native_handle());
    co_await server(*accepted);
  }

  asio::awaitable<void> connect(std::uint16_t port, end_task client) {
    tcp lower(loop_.executor());
    auto connected = co_await lower.connect("127.0.0.1", port);
    EXPECT_TRUE(succeeded(connected));
    if (tight) small_buffers(lower.native_handle());
    auto s = client_stcp(std::move(lower), "localhost", client_config_);
    EXPECT_TRUE(succeeded(s));
    if (s) co_await client(*s);
  }

  loop loop_;
  std::optional<proxy> proxy_;
  config client_config_;
  config server_config_;
};

}  // namespace stls::test
