// The end of one direction, and what goes on after it.
#include "sock/kit/raw_pair.hpp"
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <system_error>

namespace stls::test {
namespace {

const bytes question = pattern(5000, 1);
const bytes answer = pattern(300000, 2);

// The end that says all it has to say, and then listens.
asio::awaitable<void> ask(stcp& s) {
  EXPECT_TRUE(succeeded(co_await s.send(question)));
  EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
  EXPECT_TRUE(is_error(co_await s.send(question), errc::closed, "send: after shutdown"));
  bytes all;
  EXPECT_TRUE(succeeded(co_await s.recvall(all, answer.size())));
  EXPECT_EQ(difference(all, answer), "");
  EXPECT_TRUE(succeeded(co_await s.close()));
}

// The end that hears all of it first.
asio::awaitable<void> reply(stcp& s) {
  bytes all;
  EXPECT_TRUE(succeeded(co_await s.recvall(all, question.size())));
  EXPECT_EQ(difference(all, question), "");
  EXPECT_TRUE(succeeded(co_await s.send(answer)));
  EXPECT_TRUE(succeeded(co_await s.close()));
}

// The same end, over an engine that cannot send any more then.
asio::awaitable<void> cannot_reply(stcp& s) {
  bytes all;
  EXPECT_TRUE(succeeded(co_await s.recvall(all, question.size())));
  EXPECT_EQ(difference(all, question), "");
  bytes more(1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await s.recv(more)).value_or(9), 0U);
  for (int i = 0; i < 2; ++i) {
    const auto refused = co_await s.send(answer);
    EXPECT_TRUE(is_error(refused, make_error_code(std::errc::broken_pipe)));
    EXPECT_EQ(refused ? 1U : refused.error().transferred, 0U);
  }
  EXPECT_TRUE(succeeded(co_await s.close()));
}

class sock_half_close : public ::testing::TestWithParam<link_case> {
 protected:
  secure_pair pair{GetParam()};
  const bool client_can = GetParam().client->capabilities().half_close;
  const bool server_can = GetParam().server->capabilities().half_close;
};

TEST_P(sock_half_close, the_one_who_has_said_all_still_hears_the_answer) {
  if (!client_can && !server_can) GTEST_SKIP() << "neither engine can half close";
  const end_task asks = [](stcp& s) { return ask(s); };
  const end_task replies = [](stcp& s) { return reply(s); };
  const end_task cannot = [](stcp& s) { return cannot_reply(s); };
  const end_task asks_in_vain = [](stcp& s) -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await s.send(question)));
    EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
    bytes all;
    static_cast<void>(co_await s.recvall(all, answer.size()));
    EXPECT_TRUE(all.empty());
  };
  if (client_can) pair.run(server_can ? asks : asks_in_vain, server_can ? replies : cannot);
  secure_pair turned(GetParam());
  if (server_can) turned.run(client_can ? replies : cannot, client_can ? asks : asks_in_vain);
}

TEST_P(sock_half_close, an_engine_that_cannot_refuses_before_it_sends_anything) {
  if (client_can) GTEST_SKIP() << "this engine can";
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        EXPECT_TRUE(is_error(co_await s.shutdown(direction::write), errc::unsupported));
        // Had anything been sent, this would not arrive.
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        bytes word(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_TRUE(is_error(co_await s.shutdown(direction::write), errc::unsupported));
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(question.size());
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(difference(got, question), "");
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(difference(got, question), "");
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
      });
}

TEST_P(sock_half_close, shutting_the_reading_down_says_nothing_to_the_peer) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        pair.in().spawn([](stcp& of) -> asio::awaitable<void> {
          co_await later();
          EXPECT_TRUE(succeeded(co_await of.shutdown(direction::read)));
        }(s));
        bytes got(1);
        // One that waits sees it, too.
        for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, question.size())));
        EXPECT_EQ(difference(all, question), "");
      });
}

TEST_P(sock_half_close, shutting_both_down_is_an_end_of_stream_for_the_peer) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(is_error(co_await s.shutdown(direction::both), errc::invalid_state,
                             "shutdown: before the handshake is done"));
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        EXPECT_TRUE(succeeded(co_await s.shutdown(direction::both)));
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
        EXPECT_TRUE(is_error(co_await s.send(question), errc::closed, "send: after shutdown"));
        EXPECT_FALSE(s.closed());
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, question.size())));
        EXPECT_EQ(difference(all, question), "");
      });
}

INSTANTIATE_TEST_SUITE_P(links, sock_half_close, ::testing::ValuesIn(link_cases()), link_name);

// A peer that answers close_notify at once, as RFC 5246 section 7.2.1 wants it, has said all it had to say.
class sock_half_close_to_raw_peer : public ::testing::TestWithParam<end_case> {};

TEST_P(sock_half_close_to_raw_peer, close_notify_that_is_answered_at_once_is_the_end_of_the_stream) {
  const end_case& c = GetParam();
  if (!c.engine->capabilities().half_close) GTEST_SKIP() << "this engine cannot half close";
  raw_pair pair(c);
  pair.run(
      [](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
        bytes got(1);
        for (int i = 0; i < 2; ++i) {
          const auto n = co_await s.recv(got);
          EXPECT_TRUE(succeeded(n));
          EXPECT_EQ(n.value_or(9), 0U);
        }
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [](raw_end& raw) -> asio::awaitable<void> {
        raw.steps().handshake().recv_end().close();
        co_await raw.play();
        EXPECT_TRUE(raw.steps().done()) << raw.steps().story();
        EXPECT_EQ(difference(raw.steps().received, question), "");
        raw.hang_up();
      });
}

INSTANTIATE_TEST_SUITE_P(ends, sock_half_close_to_raw_peer, ::testing::ValuesIn(end_cases()), end_name);

}  // namespace
}  // namespace stls::test
