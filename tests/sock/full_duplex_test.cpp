// Both directions at the same time, with little room in the system, and peers that say more than data.
#include "sock/kit/key_updates.hpp"
#include "sock/kit/raw_pair.hpp"
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace stls::test {
namespace {

// Sends in one coroutine while another one receives; both have ended when it returns.
asio::awaitable<void> both_ways(loop& in, stcp& s, const bytes& out, const bytes& expected) {
  bool sent = false;
  in.spawn([](stcp& of, const bytes& all, bool& told) -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await of.send(all)));
    told = true;
  }(s, out, sent));
  bytes got(expected.size());
  EXPECT_TRUE(succeeded(co_await s.recvn(got)));
  EXPECT_EQ(difference(got, expected), "");
  while (!sent) co_await later();
}

class sock_full_duplex : public ::testing::TestWithParam<link_case> {};

TEST_P(sock_full_duplex, bulk_goes_both_ways_through_small_buffers) {
  secure_pair pair(GetParam());
  // A proxy has segments of its own.
  pair.tight = GetParam().by == way::direct;
  const std::size_t size = GetParam().by == way::direct ? 1000000 : 100000;
  const bytes upstream = pattern(size, 1);
  const bytes downstream = pattern(size, 2);
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        co_await both_ways(pair.in(), s, upstream, downstream);
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in(), s, downstream, upstream);
        bytes one(1);
        EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

// Both ends may need the handshake at once, in either order: one makes it, the other waits for it.
TEST_P(sock_full_duplex, the_handshake_runs_in_whichever_verb_comes_first) {
  secure_pair pair(GetParam());
  const bytes upstream = pattern(3000, 1);
  const bytes downstream = pattern(3000, 2);
  const auto end = [&](bytes out, bytes expected) {
    return [&pair, out = std::move(out), expected = std::move(expected)](stcp& s) -> asio::awaitable<void> {
      co_await both_ways(pair.in(), s, out, expected);
    };
  };
  pair.run(end(upstream, downstream), end(downstream, upstream));
}

INSTANTIATE_TEST_SUITE_P(links, sock_full_duplex, ::testing::ValuesIn(link_cases()), link_name);

class sock_full_duplex_with_raw_peer : public ::testing::TestWithParam<end_case> {
 protected:
  void SetUp() override {
    if (!GetParam().tls1_3()) GTEST_SKIP() << "KeyUpdate and late tickets are TLS 1.3's";
  }
};

TEST_P(sock_full_duplex_with_raw_peer, a_storm_of_key_updates_in_bulk_both_ways_loses_nothing) {
  const bytes theirs = pattern(storm_size, 1);
  const bytes ours = pattern(storm_size, 2);
  raw_pair pair(GetParam());
  pair.tight = true;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in(), s, ours, theirs);
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](raw_end& raw) { return storm(raw, theirs, ours); });
}

// Answers that the peer does not take must not pile up for ever, nor block what else comes.
TEST_P(sock_full_duplex_with_raw_peer, key_updates_in_silence_are_answered_without_a_writer) {
  raw_pair pair(GetParam());
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        bytes word(4);
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_EQ(to_text(word), "last");
        bytes one(1);
        EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        ask_in_silence(raw);
        actor& a = raw.steps().close();
        co_await raw.play();
        EXPECT_TRUE(a.done()) << a.story();
        a.recv_end();
        co_await raw.play();
        raw.hang_up();
      });
}

// It would have us keep all of our answers.
TEST_P(sock_full_duplex_with_raw_peer, a_flood_of_key_updates_from_a_peer_that_never_reads_is_not_taken) {
  constexpr std::size_t flood = 1'000'000;  // half a megabyte of answers is kept
  raw_pair pair(GetParam());
  pair.tight = true;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        bytes one(1);
        const auto got = co_await s.recv(one, std::chrono::seconds(2));
        EXPECT_TRUE(is_error(got, errc::timed_out));
        s = stcp();
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        raw.steps().handshake();
        co_await raw.play();
        const std::size_t sent =
            co_await raw.flood([&raw] { EXPECT_TRUE(raw.peer().key_update(true).ok()); }, flood);
        EXPECT_LT(sent, flood);
      });
}

INSTANTIATE_TEST_SUITE_P(ends, sock_full_duplex_with_raw_peer, ::testing::ValuesIn(end_cases()), end_name);

// A server of TLS 1.3 sends its tickets after the handshake, to a client that may never receive.
class sock_tickets : public ::testing::TestWithParam<engine_case> {};

TEST_P(sock_tickets, of_a_connection_that_only_writes_are_kept) {
  secure_pair pair(GetParam());
  for (int i = 0; i < 3; ++i) {
    const bool again = i > 0;
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.send(pattern(100000))));
          EXPECT_EQ(s.info().resumed, again);
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          bytes all;
          EXPECT_TRUE(succeeded(co_await s.recvall(all, 100000)));
          EXPECT_EQ(difference(all, pattern(100000)), "");
          EXPECT_TRUE(succeeded(co_await s.close()));
        });
  }
}

TEST_P(sock_tickets, of_a_connection_that_only_says_goodbye_are_kept) {
  secure_pair pair(GetParam());
  for (int i = 0; i < 3; ++i) {
    const bool again = i > 0;
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.handshake()));
          EXPECT_EQ(s.info().resumed, again);
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          bytes one(1);
          EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
          EXPECT_TRUE(succeeded(co_await s.close()));
        });
  }
}

INSTANTIATE_TEST_SUITE_P(engines, sock_tickets, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
