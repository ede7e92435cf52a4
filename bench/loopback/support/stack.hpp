// stack: what must be offered to be measured on loopback. One executable a peer; it runs as two processes.
#pragma once

#include "support/peer.hpp"
#include "support/terms.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bench {

// Which sessions a client's connection may use.
enum class sessions {
  none,        // a full handshake
  remembered,  // that of the last connection which had this word too, if there was one
};

template <class S>
inline constexpr bool is_secure = *S::keeps.cipher != '\0';

// A stack is a loop, and sockets that a client and a server use in coroutines of type S::task. Its verbs give
// whatever is natural to them when they are awaited; S::done turns that into bytes, or throws.
//
//   typename S::listener l = co_await s.listen();       // on a port of 127.0.0.1 that the system chooses
//   auto c = co_await s.accept(l);                      // nothing was sent yet
//   S::done(co_await c.begin());                        // the server's handshake
//   auto c = co_await s.connect(port, name, sessions);  // with its handshake; throws failure
//   std::size_t n = S::done(co_await c.recv(into));     // what is there; 0: the peer has ended it
//   S::done(co_await c.recvn(into));                    // all of it; a stream that ends before is a failure
//   S::done(co_await c.send(from));                     // all of it
//   S::done(co_await c.close());                        // as the stack's users end a connection
//
// Destroying a connection closes it.
template <class S>
concept stack = requires(S& s, typename S::connection& c, typename S::listener& l, typename S::task t,
                         std::span<const std::byte> from, std::span<std::byte> into) {
  requires std::constructible_from<S, const material&>;
  requires std::same_as<decltype(S::keeps), const terms>;
  requires std::same_as<decltype(S::resumes), const bool>;
  { s.version() } -> std::same_as<std::string>;
  s.go(std::move(t));
  { s.run() } -> std::same_as<void>;
  s.listen();
  { s.port_of(l) } -> std::same_as<std::uint16_t>;
  s.accept(l);
  s.connect(std::uint16_t{}, "localhost", sessions::none);
  c.begin();
  c.recv(into);
  c.recvn(into);
  c.send(from);
  c.close();
  { c.agreed() } -> std::same_as<agreed>;
};

}  // namespace bench
