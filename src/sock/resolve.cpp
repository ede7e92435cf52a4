#include "sock/resolve.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/this_coro.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <memory>
#include <optional>
#include <system_error>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

using asio::ip::tcp;

constexpr std::string_view unix_prefix = "unix:";

// What is looked up, for as long as the thread or the verb needs it.
struct lookup {
  explicit lookup(const asio::any_io_executor& ex) : resolver(ex) {}
  tcp::resolver resolver;
  event done;
  std::optional<std::error_code> failure;
  std::vector<endpoint> found;
};

bool may_use(const socket_body& by, int family) noexcept {
  return by.family() == AF_UNSPEC || by.family() == family;
}

error no_such_host(std::string_view verb, std::string_view host, const std::error_code& why) {
  return {errc::not_found, cat({verb, ": no address of host `", host, "': ", why.message()})};
}

result<std::vector<endpoint>> unix_endpoint(std::string_view verb, std::string_view path,
                                            std::uint16_t port) {
  // One byte of the system's structure is for the end.
  constexpr std::size_t longest = sizeof(sockaddr_un{}.sun_path) - 1;
  if (path.empty() || path.size() > longest || path.find('\0') != std::string_view::npos) {
    return fail(errc::invalid_argument,
                cat({verb, ": a path of a Unix-domain socket has 1 to ", std::to_string(longest), " bytes"}));
  }
  if (port != 0) return fail(errc::invalid_argument, cat({verb, ": a Unix-domain socket has no port"}));
  return std::vector<endpoint>{asio::local::stream_protocol::endpoint(path)};
}

// The places that stand for every address of this machine, the first of which will do: a socket of IPv6 that
// is bound there takes connections of IPv4, too.
std::vector<endpoint> every_address(const socket_body& by, std::uint16_t port) {
  std::vector<endpoint> every;
  if (may_use(by, AF_INET6)) every.emplace_back(tcp::endpoint(tcp::v6(), port));
  if (may_use(by, AF_INET)) every.emplace_back(tcp::endpoint(tcp::v4(), port));
  return every;
}

void start(const std::shared_ptr<lookup>& job, int family, const std::string& host,
           const std::string& service) {
  const auto keep = [job](std::error_code failure, const tcp::resolver::results_type& all) {
    job->failure = failure;
    for (const auto& entry : all) job->found.emplace_back(entry.endpoint());
    job->done.wake();
  };
  constexpr auto is_number = tcp::resolver::numeric_service;
  if (family == AF_UNSPEC) return job->resolver.async_resolve(host, service, is_number, keep);
  job->resolver.async_resolve(family == AF_INET ? tcp::v4() : tcp::v6(), host, service, is_number, keep);
}

}  // namespace

asio::awaitable<result<std::vector<endpoint>>> resolve(socket_body::ptr by, lane_name who,
                                                       std::string_view verb, std::string host,
                                                       std::uint16_t port, resolved_for use) {
  const std::error_code other_family = std::make_error_code(std::errc::address_family_not_supported);
  const bool is_path = host.starts_with(unix_prefix);
  if (is_path ? !may_use(*by, AF_UNIX) : by->family() == AF_UNIX)
    co_return fail(no_such_host(verb, host, other_family));
  if (is_path) co_return unix_endpoint(verb, std::string_view(host).substr(unix_prefix.size()), port);
  if (use == resolved_for::listening && host == "*") co_return every_address(*by, port);
  if (host.empty() || host.find('\0') != std::string::npos)
    co_return fail(errc::invalid_argument, cat({verb, ": the host is empty or has a NUL in it"}));
  std::error_code is_name;
  if (const auto literal = asio::ip::make_address(host, is_name); !is_name) {
    if (!may_use(*by, literal.is_v6() ? AF_INET6 : AF_INET))
      co_return fail(no_such_host(verb, host, other_family));
    std::vector<endpoint> one{tcp::endpoint(literal, port)};
    co_return one;
  }

  const auto job = std::make_shared<lookup>(by->executor());
  start(job, by->family(), host, std::to_string(port));
  while (!job->failure) {
    if (auto stop = by->before_wait(who)) co_return fail(std::move(*stop));
    co_await by->sleep(who, job->done);
    if (auto stop = by->after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return fail(std::move(*stop));
  }
  if (*job->failure || job->found.empty()) co_return fail(no_such_host(verb, host, *job->failure));
  co_return std::move(job->found);
}

STLS_NAMESPACE_END
