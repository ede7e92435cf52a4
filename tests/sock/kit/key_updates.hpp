// key_updates: a raw peer that asks for new keys, in the middle of data and in silence.
#pragma once

#include "sock/kit/raw_end.hpp"
#include "support/actor.hpp"
#include "support/bytes.hpp"

#include <gtest/gtest.h>

#include <asio/awaitable.hpp>

#include <cstddef>

namespace stls::test {

// What either side sends in a storm.
constexpr std::size_t storm_pieces = 40;
constexpr std::size_t storm_piece = 20000;
constexpr std::size_t storm_size = storm_pieces * storm_piece;

// storm sends `theirs` and receives `ours`, and asks for new keys between the pieces, up to three times. It
// ends when the other side has ended its stream.
inline asio::awaitable<void> storm(raw_end& raw, const bytes& theirs, const bytes& ours) {
  actor& a = raw.steps();
  a.handshake();
  std::size_t updates = 0;
  for (std::size_t i = 0; i < storm_pieces; ++i) {
    const auto from = theirs.begin() + static_cast<std::ptrdiff_t>(i * storm_piece);
    a.exchange(bytes(from, from + storm_piece), storm_piece);
    for (std::size_t n = 0; n < i % 4; ++n, ++updates)
      a.then("key_update", [&raw] { return raw.peer().key_update(true); });
  }
  a.recv_end();
  co_await raw.play();
  EXPECT_TRUE(a.done()) << a.story();
  EXPECT_EQ(difference(a.received, ours), "");
  // Each was answered, or one answer stands for several that came together.
  EXPECT_GT(raw.peer().key_updates(), storm_pieces / 4);
  EXPECT_LE(raw.peer().key_updates(), updates);
  raw.hang_up();
}

// ask_in_silence makes the handshake, asks for new keys, and waits for the answer, which nobody at the other
// end sends data with. Then comes the word "last".
inline void ask_in_silence(raw_end& raw) {
  actor& a = raw.steps();
  a.handshake();
  for (int i = 0; i < 3; ++i) a.then("key_update", [&raw] { return raw.peer().key_update(true); });
  a.then("answer", [&raw] {
    bytes room(1);
    const io_result r = raw.peer().recv(room);
    return raw.peer().key_updates() != 0 ? io_result{0, io_status::ok} : r;
  });
  a.send(to_bytes("last"));
}

}  // namespace stls::test
