#include "sock/resolve.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/this_coro.hpp>

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

}  // namespace

asio::awaitable<result<std::vector<endpoint>>> resolve(socket_body::ptr by, lane_name who,
                                                       std::string_view verb, std::string host,
                                                       std::uint16_t port, resolved_for use) {
  if (host.starts_with(unix_prefix))
    co_return unix_endpoint(verb, std::string_view(host).substr(unix_prefix.size()), port);
  if (use == resolved_for::listening && host == "*") {
    std::vector<endpoint> both{tcp::endpoint(tcp::v6(), port), tcp::endpoint(tcp::v4(), port)};
    co_return both;
  }
  if (host.empty() || host.find('\0') != std::string::npos)
    co_return fail(errc::invalid_argument, cat({verb, ": the host is empty or has a NUL in it"}));
  std::error_code is_name;
  if (const auto literal = asio::ip::make_address(host, is_name); !is_name) {
    std::vector<endpoint> one{tcp::endpoint(literal, port)};
    co_return one;
  }

  const auto job = std::make_shared<lookup>(by->executor());
  job->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                              [job](std::error_code failure, const tcp::resolver::results_type& all) {
                                job->failure = failure;
                                for (const auto& entry : all) job->found.emplace_back(entry.endpoint());
                                job->done.wake();
                              });
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
