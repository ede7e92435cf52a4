// tcp_pair: two connected sockets without TLS.
#pragma once

#include "sock/kit/loop.hpp"
#include "sock/kit/proxy.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

namespace stls::test {

using tcp_task = std::function<asio::awaitable<void>(tcp&)>;

// run_tcp_pair listens at `host`, connects, and has both ends do that. What lies between them, if anything
// does, is for 127.0.0.1. The path of a Unix-domain socket is removed after that.
inline void run_tcp_pair(loop& in, std::string host, tcp_task client, tcp_task server,
                         const std::optional<route>& between = std::nullopt) {
  std::unique_ptr<proxy> middle;
  const auto connect = [](loop& of, std::string to, std::uint16_t port,
                          tcp_task end) -> asio::awaitable<void> {
    tcp s(of.executor());
    EXPECT_TRUE(succeeded(co_await s.connect(to, port)));
    co_await end(s);
  };
  const auto serve = [&](std::string at, tcp_task end, tcp_task other) -> asio::awaitable<void> {
    tcp listener(in.executor());
    EXPECT_TRUE(succeeded(co_await listener.bind(at, 0)));
    EXPECT_TRUE(succeeded(listener.listen()));
    std::uint16_t port = listener.local()->port;
    if (between) middle = std::make_unique<proxy>(in, port, *between);
    if (middle) port = middle->port();
    in.spawn(connect(in, at, port, std::move(other)));
    auto s = co_await listener.accept();
    EXPECT_TRUE(succeeded(s));
    if (s) co_await end(*s);
  };
  in.spawn(serve(host, std::move(server), std::move(client)));
  in.run();
  if (host.starts_with("unix:")) ::unlink(host.c_str() + 5);
}

// unix_host is a host for a Unix-domain socket of this process.
inline std::string unix_host() { return "unix:/tmp/stls_test_" + std::to_string(::getpid()); }

}  // namespace stls::test
