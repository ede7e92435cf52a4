// has_ipv6: can a socket be bound to ::1 here?
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <system_error>

namespace stls::test {

inline bool has_ipv6() {
  asio::io_context context;
  std::error_code failure;
  asio::ip::tcp::acceptor probe(context);
  probe.open(asio::ip::tcp::v6(), failure);
  if (!failure) probe.bind({asio::ip::address_v6::loopback(), 0}, failure);
  return !failure;
}

}  // namespace stls::test
