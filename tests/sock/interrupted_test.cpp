// Verbs whose time is up in the middle of it, and that go on from there.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/seed.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace stls::test {
namespace {

using clock = std::chrono::steady_clock;
using generator = std::mt19937_64;

expires soon(generator& random) {
  switch (random() % 3) {
    case 0:
      return clock::now();  // what can be done at once
    case 1:
      return clock::now() + std::chrono::microseconds(random() % 300);
    default:
      return expires::never;
  }
}

// How often a verb was interrupted when it had done a part.
struct parts {
  int of_sends = 0;
  int in_the_middle = 0;  // of what was to be sent
  int of_receives = 0;
};

asio::awaitable<void> send_in_parts(stcp& s, std::span<const std::byte> all, generator& random, parts& seen) {
  for (;;) {
    const expires e = soon(random);
    const auto done = co_await s.send(all, e);
    if (done) co_return;
    EXPECT_TRUE(is_error(done, errc::timed_out));
    if (done.error().code != errc::timed_out) co_return;
    const std::size_t taken = done.error().transferred;
    if (taken != 0) ++seen.of_sends;
    if (taken != 0 && taken != all.size()) ++seen.in_the_middle;
    all = all.subspan(taken);
    co_await later();
  }
}

asio::awaitable<void> receive_in_parts(stcp& s, std::span<std::byte> all, generator& random, parts& seen) {
  for (;;) {
    const expires e = soon(random);
    const auto done = co_await s.recvn(all, e);
    if (done) co_return;
    EXPECT_TRUE(is_error(done, errc::timed_out));
    if (done.error().code != errc::timed_out) co_return;
    const std::size_t got = done.error().transferred;
    if (got != 0) ++seen.of_receives;
    all = all.subspan(got);
    co_await later();
  }
}

class sock_interrupted : public ::testing::TestWithParam<engine_case> {};

TEST_P(sock_interrupted, sends_and_receives_go_on_from_where_they_were) {
  constexpr int connections = 20;
  constexpr int messages = 50;
  auto random = dice();
  parts seen;
  for (int i = 0; i < connections && !HasFailure(); ++i) {
    secure_pair pair(GetParam());
    if (i % 2 != 0) {
      route r;
      r.to_client.piece = 1 + random() % 20000;
      r.to_server.piece = 1 + random() % 20000;
      pair.between = r;
    }
    std::vector<bytes> all;
    all.reserve(messages);
    for (int n = 0; n < messages; ++n) all.push_back(pattern(random() % (1U << (random() % 20)), random()));
    pair.tight = !pair.between;
    auto one_way = dice();
    auto other_way = dice();
    // Every third message is sent back.
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          for (int n = 0; n < messages; ++n) {
            co_await send_in_parts(s, all[static_cast<std::size_t>(n)], one_way, seen);
            if (n % 3 != 0) continue;
            bytes got(all[static_cast<std::size_t>(n)].size());
            co_await receive_in_parts(s, got, one_way, seen);
            EXPECT_EQ(difference(got, all[static_cast<std::size_t>(n)]), "") << "message " << n;
          }
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          for (int n = 0; n < messages; ++n) {
            bytes got(all[static_cast<std::size_t>(n)].size());
            co_await receive_in_parts(s, got, other_way, seen);
            EXPECT_EQ(difference(got, all[static_cast<std::size_t>(n)]), "") << "message " << n;
            if (n % 3 == 0) co_await send_in_parts(s, got, other_way, seen);
          }
          bytes one(1);
          EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
          EXPECT_TRUE(succeeded(co_await s.close()));
        });
  }
  EXPECT_GT(seen.of_sends, 20) << "too few were interrupted to say anything";
  EXPECT_GT(seen.in_the_middle, 0) << "none was interrupted in the middle";
  EXPECT_GT(seen.of_receives, 20) << "too few were interrupted to say anything";
}

INSTANTIATE_TEST_SUITE_P(engines, sock_interrupted, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
