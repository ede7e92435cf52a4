#include "lua/sock/look_up.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <system_error>
#include <utility>

namespace stls::lua {

namespace {

tl::unexpected<error> no_address(const std::string& host, const std::error_code& why) {
  return tl::unexpected(error(errc::not_found, "addr: no address of host `" + host + "': " + why.message()));
}

}  // namespace

task<std::vector<address>> look_up(asio::io_context& io, std::string host, std::uint16_t port, int family) {
  using asio::ip::tcp;
  std::vector<address> found;
  if (host.empty() || host.find('\0') != host.npos)
    co_return tl::unexpected(error(errc::invalid_argument, "addr: the host is empty or has a NUL in it"));
  const bool local = host.starts_with("unix:");
  if (local && (family == AF_UNSPEC || family == AF_UNIX)) {
    found.emplace_back().host = host;
    co_return found;
  }
  std::error_code failure = std::make_error_code(std::errc::address_family_not_supported);
  if (local || family == AF_UNIX) co_return no_address(host, failure);

  // An address needs no thread of the resolver.
  std::error_code is_name;
  if (const auto literal = asio::ip::make_address(host, is_name); !is_name) {
    const bool fits = family == AF_UNSPEC || (family == AF_INET6) == literal.is_v6();
    if (!fits) co_return no_address(host, failure);
    address& a = found.emplace_back();
    a.host = literal.to_string();
    a.port = port;
    co_return found;
  }

  tcp::resolver resolver(io);
  const std::string number = std::to_string(port);
  tcp::resolver::results_type all;
  if (family == AF_UNSPEC) {
    all = co_await resolver.async_resolve(host, number, tcp::resolver::numeric_service,
                                          asio::redirect_error(asio::use_awaitable, failure));
  } else {
    const tcp only = family == AF_INET ? tcp::v4() : tcp::v6();
    all = co_await resolver.async_resolve(only, host, number, tcp::resolver::numeric_service,
                                          asio::redirect_error(asio::use_awaitable, failure));
  }
  if (failure || all.empty()) co_return no_address(host, failure);
  for (const auto& one : all) {
    address& a = found.emplace_back();
    a.host = one.endpoint().address().to_string();
    a.port = one.endpoint().port();
  }
  co_return found;
}

}  // namespace stls::lua
