// Exported sessions that an application kept somewhere: garbage, and genuine ones that were changed. They are
// refused with a sentence, or the handshake ends as every other does.

#include "kit/flight.hpp"
#include "kit/input.hpp"
#include "kit/setup.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace stls::fuzz;

// What stands before libssl's own form of the session: "stls-session-1\n", a SHA-256, two numbers, the name.
constexpr std::size_t head_size = 15 + 32 + 8 + 8 + std::string_view("localhost").size();

// Either all is of the fuzzer, or all behind the head, or a few bytes of a genuine one.
bytes made_of(input& in, const bytes& genuine) {
  const unsigned kind = in.byte() % 3U;
  if (kind == 2) return in.changed(genuine);
  bytes session;
  if (kind == 1) session.assign(genuine.begin(), genuine.begin() + head_size);
  const auto rest = in.rest();
  session.insert(session.end(), rest.begin(), rest.end());
  return session;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input in(data, size);
  const setup& with = setup::chosen_by(in.byte());
  const bytes session = made_of(in, with.session());
  if (session.empty()) return 0;  // none
  play_session(with, session);
  return 0;
}
