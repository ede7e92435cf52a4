// raw_link: one end of stls against a raw peer, at the two ends of a wire in memory.
#pragma once

#include "support/actor.hpp"
#include "support/memory_pair.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_end.hpp"

#include <stls/engine.hpp>
#include <stls/options.hpp>

#include <string_view>

namespace stls::test {

// begin makes the connection of an end: a client's to `servername`, or a server's.
void begin(tls_end&, role, const config&, std::string_view servername = "localhost");
void begin(tls_end&, role, const options&, std::string_view servername = "localhost");

struct raw_link {
  // The raw peer takes the other role, whatever its options say. A client of stls connects to `servername`.
  raw_link(role, const options&, raw_options, pace = pace::plain, std::string_view servername = "localhost");

  [[nodiscard]] pipe_end& wire_of(role r) noexcept { return r == role::client ? wire.client : wire.server; }

  memory_pair wire;
  tls_end end;
  raw_peer peer;
};

}  // namespace stls::test
