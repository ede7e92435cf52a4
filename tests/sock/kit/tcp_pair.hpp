// tcp_pair: two connected sockets without TLS.
#pragma once

#include "sock/kit/loop.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <unistd.h>

namespace stls::test {

using tcp_task = std::function<asio::awaitable<void>(tcp&)>;

// run_tcp_pair listens at `host`, connects, and has both ends do that. The path of a Unix-domain socket is
// removed after that.
inline void run_tcp_pair(loop& in, std::string host, tcp_task client, tcp_task server) {
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
    in.spawn(connect(in, at, listener.local()->port, std::move(other)));
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
