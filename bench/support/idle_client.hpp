// idle_client: the heap of a client connection that has nothing to do.
#pragma once

#include "support/heap.hpp"
#include "support/peer.hpp"

#include <array>
#include <cstddef>

namespace bench {

// idle_client_bytes is what dropping the client frees, after it has sent and given its buffers back.
template <peer P>
double idle_client_bytes(P& p, roots r) {
  std::array<std::byte, 1024> message{};
  std::array<std::byte, 1024> got{};
  double freed = 0;
  // The first time things are made that stay.
  for (int i = 0; i < 3; ++i) {
    expect<P>(p.handshake(r, "localhost"), false);
    p.write(message);
    p.read(got);
    p.idle();
    const heap::scales weigh;
    p.drop_client();
    freed = static_cast<double>(-weigh.bytes());
  }
  return freed;
}

}  // namespace bench
