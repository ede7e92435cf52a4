// asio_tcp: how the peers on plain Asio listen and connect.
#pragma once

#include "loopback/support/asio_loop.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>

#include <cstdint>

namespace bench {

class asio_tcp : public asio_loop {
 public:
  using listener = asio::ip::tcp::acceptor;

  asio::awaitable<listener> listen() { co_return listener(context(), here(0)); }
  static std::uint16_t port_of(listener& l) { return l.local_endpoint().port(); }

 protected:
  static asio::awaitable<asio::ip::tcp::socket> accepted(listener& l) {
    asio::ip::tcp::socket s = co_await l.async_accept(asio::use_awaitable);
    s.set_option(asio::ip::tcp::no_delay(true));
    co_return s;
  }
  asio::awaitable<asio::ip::tcp::socket> connected(std::uint16_t port) {
    asio::ip::tcp::socket s(context());
    const asio::ip::tcp::endpoint there = here(port);
    co_await s.async_connect(there, asio::use_awaitable);
    s.set_option(asio::ip::tcp::no_delay(true));
    co_return s;
  }

 private:
  static asio::ip::tcp::endpoint here(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }
};

}  // namespace bench
