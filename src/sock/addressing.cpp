// The verbs of a socket that deal with addresses: connect, bind, listen, accept.
#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/connect_race.hpp"
#include "sock/descriptor_shortage.hpp"
#include "sock/resolve.hpp"
#include "sock/socket_body.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// As the caller named it.
std::string place(const std::string& host, std::uint16_t port) {
  address a;
  a.host = host;
  a.port = port;
  return a.text();
}

// connect_to connects to the one address that there is: there is nothing to race with.
asio::awaitable<stop_reason> connect_to(socket_body& self, const endpoint& to, std::string_view where) {
  static constexpr lane_name who = lane_name::write;
  if (auto opened = self.io().open(to.protocol().family()); !opened)
    co_return std::make_unique<error>(std::move(opened.error()));
  if (auto set = self.apply_early_options(); !set) co_return std::make_unique<error>(std::move(set.error()));
  int failure = self.io().connect(to.data(), static_cast<socklen_t>(to.size()));
  while (failure == EINPROGRESS) {
    auto stop = self.before_wait(who);
    if (!stop) {
      co_await self.wait(who, readiness::to_write);
      stop = self.after_wait(who, co_await asio::this_coro::cancellation_state);
    }
    if (stop) {
      self.io().close();
      co_return stop;
    }
    failure = self.io().connected();
  }
  if (failure == 0) co_return nullptr;
  self.io().close();
  co_return std::make_unique<error>(system_failure(cat({"connect to ", where}), failure));
}

struct connection_that_came {
  int descriptor = -1;
  int family = AF_UNSPEC;
  int number = EAGAIN;  // why there is none
};

connection_that_came next(loop_socket& listener) noexcept {
  sockaddr peer{};
  socklen_t size = sizeof peer;  // enough for the family
  const int descriptor = ::accept4(listener.descriptor(), &peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return {.number = errno};
  return {.descriptor = descriptor, .family = peer.sa_family};
}

result<socket_body::ptr> accepted(const asio::any_io_executor& ex, const connection_that_came& came) {
  auto made = guarded([&]() -> result<socket_body::ptr> {
    auto connection = std::make_shared<socket_body>(ex);
    if (auto done = connection->io().take(came.descriptor, came.family); !done)
      return fail(std::move(done.error()));
    return connection;
  });
  if (!made) ::close(came.descriptor);
  return made;
}

}  // namespace

task<> socket_body::connect(ptr self, std::string host, std::uint16_t port, expires e) {
  static constexpr const char* verb = "connect";
  static constexpr lane_name who = lane_name::write;
  const turn t(*self, who, verb, e);
  if (!t) co_return fail(self->refusal(who, verb));
  if (self->io_.is_open()) co_return fail(errc::invalid_state, "connect: the socket is in use already");
  const std::string where = place(host, port);
  auto found = co_await resolve(self, who, verb, std::move(host), port, resolved_for::connecting);
  if (!found) co_return fail(std::move(found.error()));

  if (found->size() == 1) {
    if (auto stop = co_await connect_to(*self, found->front(), where)) co_return fail(std::move(*stop));
    self->early_.reset();
    co_return result<void>();
  }

  const auto race = std::make_shared<connect_race>(self->executor(), by_turns(*found),
                                                   self->early_ ? *self->early_ : early_options());
  race->start();
  while (!race->over()) {
    auto stop = self->before_wait(who);
    if (!stop) {
      co_await self->sleep(who, race->changed);
      stop = self->after_wait(who, co_await asio::this_coro::cancellation_state);
    }
    if (stop) {
      race->stop();
      co_return fail(std::move(*stop));
    }
  }
  const int descriptor = race->take_winner();
  if (descriptor < 0)
    co_return fail(system_failure(cat({"connect to ", where}), race->last_failure().value()));
  auto adopted = self->io_.adopt(descriptor);
  if (!adopted) {
    ::close(descriptor);
    co_return adopted;
  }
  auto set = self->apply_early_options();  // over those of ours; some were set while the race went on
  if (set) self->early_.reset();
  co_return set;
}

task<> socket_body::bind(ptr self, std::string host, std::uint16_t port) {
  static constexpr const char* verb = "bind";
  static constexpr lane_name who = lane_name::read;
  const turn t(*self, who, verb, expires::never);
  if (!t) co_return fail(self->refusal(who, verb));
  if (self->io_.is_open()) co_return fail(errc::invalid_state, "bind: the socket is in use already");
  const bool every = host == "*";
  const std::string where = place(host, port);
  auto found = co_await resolve(self, who, verb, std::move(host), port, resolved_for::listening);
  if (!found) co_return fail(std::move(found.error()));
  error last;
  for (const endpoint& e : *found) {
    const int family = e.protocol().family();
    auto opened = self->io_.open(family);
    if (!opened) {
      last = std::move(opened.error());
      continue;
    }
    const int on = 1;
    // A port of connections that are over can be taken again. For a path it means nothing.
    if (family != AF_UNIX) ::setsockopt(self->io_.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Every address is IPv4's too, whatever the system's default, unless IPv6's alone are wanted.
    const int only_ipv6 = self->family_ == AF_INET6 ? 1 : 0;
    if (every && family == AF_INET6)
      ::setsockopt(self->io_.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
    if (auto set = self->apply_early_options(); !set) {
      last = std::move(set.error());
      continue;
    }
    if (::bind(self->io_.descriptor(), e.data(), static_cast<socklen_t>(e.size())) == 0) {
      self->early_.reset();
      co_return result<void>();
    }
    last = system_failure(cat({"bind to ", where}), errno);
    self->io_.close();
  }
  co_return fail(std::move(last));
}

result<void> socket_body::listen(int backlog) {
  if (closed_) return fail(errc::closed, "listen: the socket is closed");
  if (!io_.is_open()) return fail(errc::invalid_state, "listen: bind comes first");
  if (::listen(io_.descriptor(), backlog < 0 ? SOMAXCONN : backlog) == 0) return {};
  return fail(system_failure("listen", errno));
}

task<socket_body::ptr> socket_body::accept(ptr self, std::shared_ptr<handshake_count> count, expires e) {
  static constexpr const char* verb = "accept";
  static constexpr lane_name who = lane_name::read;
  const turn t(*self, who, verb, e);
  if (!t) co_return fail(self->refusal(who, verb));
  if (!self->io_.is_open()) co_return fail(errc::invalid_state, "accept: the socket does not listen");
  if (self->wants_pause(who)) {
    if (auto stop = co_await self->pause(who)) co_return fail(std::move(*stop));
  }
  event nothing_but_time;
  for (;;) {
    const bool full = count && count->full();
    const connection_that_came came = full ? connection_that_came{} : next(self->io_);
    if (came.descriptor >= 0) co_return accepted(self->executor(), came);
    const accept_failure failure = judge_accept(came.number);
    if (failure == accept_failure::of_one_peer) continue;
    if (failure == accept_failure::final) co_return fail(system_failure(verb, came.number));
    if (auto stop = self->before_wait(who)) co_return fail(std::move(*stop));
    if (full || failure == accept_failure::shortage) {
      co_await self->sleep(who, full ? count->fewer : nothing_but_time,
                           full ? lane::never : lane::clock::now() + shortage_pause);
    } else {
      co_await self->wait(who, readiness::to_read);
    }
    if (auto stop = self->after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return fail(std::move(*stop));
  }
}

result<address> socket_body::name_of(bool remote) {
  const std::string_view verb = remote ? "remote" : "local";
  if (!io_.is_open()) return fail(errc::invalid_state, cat({verb, ": the socket is not open"}));
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  auto* const generic = reinterpret_cast<sockaddr*>(&name);
  if ((remote ? ::getpeername(io_.descriptor(), generic, &size)
              : ::getsockname(io_.descriptor(), generic, &size)) != 0) {
    return fail(system_failure(verb, errno));
  }
  address a;
  if (name.ss_family == AF_UNIX) {
    const auto* local = reinterpret_cast<const sockaddr_un*>(&name);
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    a.host = cat({"unix:", std::string_view(local->sun_path, ::strnlen(local->sun_path, length))});
    return a;
  }
  asio::ip::tcp::endpoint e;
  if (size > e.capacity()) return fail(errc::internal, cat({verb, ": an unknown family of addresses"}));
  std::memcpy(e.data(), &name, size);
  e.resize(size);
  // An IPv4 peer of a listener for both families.
  if (e.address().is_v6() && e.address().to_v6().is_v4_mapped()) {
    a.host = asio::ip::make_address_v4(asio::ip::v4_mapped, e.address().to_v6()).to_string();
  } else {
    a.host = e.address().to_string();
  }
  a.port = e.port();
  return a;
}

STLS_NAMESPACE_END
