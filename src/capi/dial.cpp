#include "capi/dial.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

STLS_NAMESPACE_BEGIN

namespace capi {

namespace {

struct addresses_deleter {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using address_list = std::unique_ptr<addrinfo, addresses_deleter>;

// A connect(2) that a signal interrupts goes on by itself.
int finished(int descriptor) noexcept {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  while (::poll(&waiting, 1, -1) < 0) {
    if (errno != EINTR) return errno;
  }
  int reason = 0;
  socklen_t size = sizeof reason;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
}

// connect_to gives 0, or why not.
int connect_to(const owned_socket& socket, const addrinfo& at) noexcept {
  if (socket.get() == -1) return errno;
  if (::connect(socket.get(), at.ai_addr, at.ai_addrlen) == 0) return 0;
  return errno == EINTR ? finished(socket.get()) : errno;
}

}  // namespace

result<address> parse_address(const char* host, const char* port) {
  const std::string_view text = host;
  if (port != nullptr) return address{.host = std::string(text), .port = port};
  const bool in_brackets = text.starts_with('[');
  const std::size_t end = in_brackets ? text.find("]:") : text.rfind(':');
  if (end == std::string_view::npos) return fail(errc::invalid_argument, "no port provided");
  const std::size_t begin = in_brackets ? 1 : 0;
  address found{.host = std::string(text.substr(begin, end - begin)),
                .port = std::string(text.substr(end + begin + 1))};
  if (found.host.empty() || found.port.empty())
    return fail(errc::invalid_argument, cat({in_quotes(text), ": not a host and a port"}));
  return found;
}

result<owned_socket> dial(const address& where) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int reason = ::getaddrinfo(where.host.c_str(), where.port.c_str(), &wanted, &found);
      reason != 0) {
    return fail(errc::not_found, cat({"cannot find ", in_quotes(where.host), ", port ", in_quotes(where.port),
                                      ": ", ::gai_strerror(reason)}));
  }
  const address_list list(found);
  int reason = 0;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    owned_socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    reason = connect_to(socket, *at);
    if (reason == 0) return socket;
  }
  const std::error_code why(reason, std::generic_category());
  return fail(errc::transport, cat({"cannot connect to ", in_quotes(where.host), ", port ",
                                    in_quotes(where.port), ": ", why.message()}));
}

}  // namespace capi

STLS_NAMESPACE_END
