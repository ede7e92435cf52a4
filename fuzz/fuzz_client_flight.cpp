// A client that verifies its peer, and a peer whose flights are harmed on their way, or are none at all.

#include "kit/flight.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stls::fuzz::play_flight(stls::role::client, data, size);
  return 0;
}
