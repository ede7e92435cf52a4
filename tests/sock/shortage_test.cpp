// A process that has no descriptor left, and connections that come.
#include "sock/kit/raw_end.hpp"
#include "sock/kit/system_calls.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/child.hpp"
#include "support/expect.hpp"

#include <asio/steady_timer.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

// Takes all descriptors that there are.
std::vector<int> use_up_descriptors() {
  std::vector<int> all;
  for (int one = ::dup(0); one >= 0; one = ::dup(0)) all.push_back(one);
  return all;
}

asio::awaitable<void> accept_without_descriptors(loop& l) {
  tcp listener(l.executor());
  EXPECT_TRUE(succeeded(co_await listener.bind("127.0.0.1", 0)));
  EXPECT_TRUE(succeeded(listener.listen()));
  const std::uint16_t port = listener.local()->port;
  auto early = co_await connected_to(port);
  auto old = co_await listener.accept();
  auto waiting = co_await connected_to(port);
  EXPECT_TRUE(succeeded(old));
  asio::steady_timer timer(l.executor());

  auto taken = use_up_descriptors();
  const std::size_t before = system_calls::here().accepts;
  int accepted = 0;
  l.spawn([](tcp& at, int& done) -> asio::awaitable<void> {
    // The one that waits, and the next one.
    while (done < 2) {
      auto s = co_await at.accept();
      EXPECT_TRUE(succeeded(s));
      ++done;
    }
  }(listener, accepted));
  // Meanwhile, what is connected goes on.
  for (int i = 0; i < 100; ++i) {
    early.write_some(asio::buffer("x", 1));
    bytes got(1);
    EXPECT_EQ((co_await old->recv(got)).value_or(9), 1U);
  }
  timer.expires_after(std::chrono::milliseconds(250));
  co_await timer.async_wait(asio::use_awaitable);
  EXPECT_EQ(accepted, 0);
  const std::size_t tries = system_calls::here().accepts - before;
  std::printf("tries to accept: %zu%s\n", tries, system_calls::counted() ? "" : " (not counted)");
  EXPECT_LE(tries, 20U) << "it spins";

  for (const int one : taken) ::close(one);
  while (accepted < 1) co_await later();
  auto last = co_await connected_to(port);
  while (accepted < 2) co_await later();
}

const child_part shortage("sock_shortage", [] {
  const rlimit few{64, 64};
  if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return 2;
  ::testing::InitGoogleTest();
  loop l;
  l.spawn(accept_without_descriptors(l));
  l.run();
  return ::testing::Test::HasFailure() ? 1 : 0;
});

TEST(sock_shortage, of_descriptors_holds_accept_back_without_spinning) {
  const auto r = run_child("sock_shortage");
  EXPECT_EQ(r.exit_code, 0) << r.output;
  std::fputs(r.output.c_str(), stdout);
}

}  // namespace
}  // namespace stls::test
