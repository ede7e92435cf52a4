// peer: what a TLS stack must offer to be measured. One executable a peer: those that look like OpenSSL
// export the same symbols and cannot share a process.
#pragma once

#include "support/terms.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

// failure ends a run: what was measured was not what was meant.
class failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// material is the files that a peer is made from.
struct material {
  std::string ca;          // one root
  std::string strange_ca;  // one that signed nothing here
  std::string system;      // the system's roots, and the first
  std::string cert;        // of the server: ECDSA P-256, signed by the root itself, names localhost
  std::string key;
};

// Which roots the client trusts.
enum class roots {
  one,     // ca. The client's context may be shared by all connections
  system,  // system. The client's context is the connection's own where the stack's API has it so
};

// agreed is what a peer says of a connection after its handshake. The texts live as long as the connection.
struct agreed {
  bool verified = false;  // chain and name
  std::string_view version;
  std::string_view cipher;
  std::string_view group;
  bool resumed = false;
};

// A peer is both ends of one connection over a link, in one thread. It throws failure when anything goes
// wrong.
template <class P>
concept peer = requires(P& p, roots r, const char* servername, std::span<const std::byte> from,
                        std::span<std::byte> into) {
  requires std::constructible_from<P, const material&>;
  requires std::same_as<decltype(P::keeps), const terms>;
  { p.version() } -> std::same_as<std::string>;
  // handshake makes a new connection in place of the old one, never resumed. The client has read all tickets.
  { p.handshake(r, servername) } -> std::same_as<agreed>;
  // resumes says whether connecting again to a server resumes; it may try. resume is the same as handshake,
  // but resumed.
  { p.resumes() } -> std::same_as<bool>;
  { p.resume() } -> std::same_as<agreed>;
  { p.write(from) } -> std::same_as<void>;  // the client sends all of it
  { p.read(into) } -> std::same_as<void>;   // the server receives all of it
  // idle gives back what the client does not need while nothing happens, as far as the stack's API can.
  { p.idle() } -> std::same_as<void>;
  // drop_client frees all that is the client connection's own.
  { p.drop_client() } -> std::same_as<void>;
};

// expect throws unless the connection is what those of its kind are compared by.
template <class P>
void expect(const agreed& is, bool resumed) {
  if (!is.verified) throw failure("the server was not verified");
  if (is.resumed != resumed)
    throw failure(resumed ? "the connection was not resumed" : "the connection was resumed");
  if (is.version != P::keeps.version) throw failure("the version is " + std::string(is.version));
  if (is.cipher != P::keeps.cipher) throw failure("the cipher is " + std::string(is.cipher));
  if (is.group != (resumed ? P::keeps.resumed_group : P::keeps.group))
    throw failure("the group is '" + std::string(is.group) + "'");
}

}  // namespace bench
