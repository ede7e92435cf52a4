// stream_pair: the two ends of a stream, over sockets of loopback that are connected already.
#pragma once

#include "sock/kit/chopped.hpp"
#include "sock/kit/loop.hpp"
#include "sock/kit/tight.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <asio/ip/tcp.hpp>
#include <stls/sock/stream.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <system_error>
#include <utility>

namespace stls::test {

using socket_stream = stream<asio::ip::tcp::socket>;
using chopped_stream = stream<chopped>;

inline std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket> connected_sockets(asio::io_context& in,
                                                                                 bool tight = false) {
  asio::ip::tcp::acceptor acceptor(in, {asio::ip::address_v4::loopback(), 0});
  if (tight) small_segments(acceptor.native_handle());
  asio::ip::tcp::socket one(in);
  one.connect(acceptor.local_endpoint());
  asio::ip::tcp::socket other = acceptor.accept();
  for (auto* s : {&one, &other}) {
    s->set_option(asio::ip::tcp::no_delay(true));
    if (tight) small_buffers(s->native_handle());
  }
  return {std::move(one), std::move(other)};
}

class stream_pair {
 public:
  using end = std::function<asio::awaitable<void>(chopped_stream&)>;

  explicit stream_pair(const engine_case& c) : stream_pair(c.client_options(), c.server_options()) {}
  stream_pair(const options& of_client, const options& of_server) {
    auto c = client::make(made(of_client));
    auto s = server::make(made(of_server));
    EXPECT_TRUE(succeeded(c));
    EXPECT_TRUE(succeeded(s));
    if (c) by_client = *c;
    if (s) by_server = *s;
  }

  loop in;
  client by_client;
  server by_server;
  bool tight = false;     // little room in the system
  std::size_t chops = 0;  // bytes at a time; 0: as they come

  // run has both ends do that, and returns when both have ended. Below is never more than one read, and one
  // write.
  void run(const end& of_client, const end& of_server) {
    auto [near, far] = connected_sockets(in.context(), tight);
    chopped_stream one(std::move(near), by_client, "localhost");
    chopped_stream other(std::move(far), by_server);
    const auto counts = {one.next_layer().counted(), other.next_layer().counted()};
    if (chops != 0) {
      one.next_layer().chop(chops);
      other.next_layer().chop(chops);
    }
    in.spawn(of_client(one));
    in.spawn(of_server(other));
    in.run();
    for (const auto& c : counts) {
      EXPECT_LE(c->most_reads, 1);
      EXPECT_LE(c->most_writes, 1);
    }
  }
};

}  // namespace stls::test
