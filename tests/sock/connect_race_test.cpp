// Several addresses of one host, of which some are dead.
#include "sock/connect_race.hpp"

#include "sock/kit/loop.hpp"
#include "support/expect.hpp"

#include <asio/ip/tcp.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

namespace stls::test {
namespace {

using asio::ip::tcp;

endpoint at(const char* host, std::uint16_t port) {
  return tcp::endpoint(asio::ip::make_address(host), port);
}

// black_hole is a listener that takes nobody: its queue is full, so what else comes gets no answer.
class black_hole {
 public:
  explicit black_hole(asio::io_context& in) : acceptor_(in, tcp::v4()) {
    acceptor_.bind({asio::ip::make_address("127.0.0.2"), 0});
    ::listen(acceptor_.native_handle(), 0);
    for (int i = 0; i < 4; ++i) {
      tcp::socket s(in, tcp::v4());
      s.native_non_blocking(true);
      // Asio's own would wait for it.
      const auto to = acceptor_.local_endpoint();
      static_cast<void>(::connect(s.native_handle(), to.data(), static_cast<socklen_t>(to.size())));
      full_.push_back(std::move(s));
    }
  }
  [[nodiscard]] endpoint where() const { return acceptor_.local_endpoint(); }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> full_;
};

class sock_connect_race : public ::testing::Test {
 protected:
  // The descriptor of the winner, or -1.
  int run(const std::vector<endpoint>& all, const early_options& options = {}) {
    race = std::make_shared<connect_race>(context.get_executor(), all, options);
    race->start();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!race->over() && std::chrono::steady_clock::now() < limit) context.run_one_until(limit);
    EXPECT_TRUE(race->over());
    return race->take_winner();
  }
  bool goes_to(int fd, const tcp::acceptor& to) {
    if (fd < 0) return false;
    tcp::socket s(context, tcp::v4(), fd);
    return s.remote_endpoint() == to.local_endpoint();
  }
  asio::io_context context;
  tcp::acceptor good{context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  std::shared_ptr<connect_race> race;

  endpoint refusing() {
    tcp::acceptor gone(context, tcp::endpoint(asio::ip::make_address("127.0.0.3"), 0));
    return gone.local_endpoint();
  }
};

TEST_F(sock_connect_race, is_won_by_the_address_that_answers_where_the_first_ones_refuse) {
  EXPECT_TRUE(goes_to(run({refusing(), refusing(), good.local_endpoint()}), good));
}

TEST_F(sock_connect_race, is_won_by_the_address_that_answers_where_the_first_ones_are_silent) {
  const black_hole hole(context);
  EXPECT_TRUE(goes_to(run({hole.where(), hole.where(), good.local_endpoint()}), good));
  // What was still tried is not: nothing is left to wait for.
  context.restart();
  EXPECT_LE(context.poll(), 4U);
  EXPECT_TRUE(context.stopped());
}

TEST_F(sock_connect_race, is_won_where_the_first_ones_are_silent_or_refuse) {
  const black_hole hole(context);
  EXPECT_TRUE(goes_to(run({refusing(), hole.where(), refusing(), good.local_endpoint()}), good));
}

TEST_F(sock_connect_race, takes_the_first_that_answers_and_no_other) {
  tcp::acceptor other(context, tcp::endpoint(asio::ip::make_address("127.0.0.4"), 0));
  other.non_blocking(true);
  EXPECT_TRUE(goes_to(run({good.local_endpoint(), other.local_endpoint()}), good));
  std::error_code failure;
  other.accept(failure);
  EXPECT_EQ(failure, asio::error::would_block) << "the second address was tried for nothing";
}

early_options one_option(int name) {
  const int on = 1;
  early_options options;
  options.add(SOL_SOCKET, name, std::as_bytes(std::span(&on, 1)));
  return options;
}

TEST_F(sock_connect_race, gives_each_attempt_its_options) {
  const int fd = run({refusing(), good.local_endpoint()}, one_option(SO_KEEPALIVE));
  int on = 0;
  socklen_t size = sizeof on;
  EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
  EXPECT_NE(on, 0);
  EXPECT_TRUE(goes_to(fd, good));
}

TEST_F(sock_connect_race, is_lost_with_an_option_that_the_system_refuses) {
  EXPECT_EQ(run({good.local_endpoint(), good.local_endpoint()}, one_option(9999)), -1);
  EXPECT_EQ(race->last_failure().value(), ENOPROTOOPT);
}

TEST_F(sock_connect_race, that_nobody_wins_gives_the_last_failure) {
  EXPECT_EQ(run({refusing(), refusing()}), -1);
  EXPECT_EQ(race->last_failure().value(), ECONNREFUSED);
}

TEST_F(sock_connect_race, that_is_stopped_leaves_nothing_behind) {
  const black_hole hole(context);
  race = std::make_shared<connect_race>(context.get_executor(),
                                        std::vector<endpoint>{hole.where(), hole.where()});
  race->start();
  context.poll();
  EXPECT_FALSE(race->over());
  race->stop();
  context.restart();
  context.run();  // or it would hang
  const std::weak_ptr<connect_race> gone = race;
  race.reset();
  EXPECT_TRUE(gone.expired());
}

TEST_F(sock_connect_race, the_winner_that_nobody_takes_is_closed) {
  race = std::make_shared<connect_race>(context.get_executor(), std::vector<endpoint>{good.local_endpoint()});
  race->start();
  context.run();
  ASSERT_TRUE(race->over());
  race.reset();
  tcp::socket accepted = good.accept();
  char one = 0;
  std::error_code failure;
  accepted.read_some(asio::buffer(&one, 1), failure);
  EXPECT_EQ(failure, asio::error::eof);
}

TEST(sock_connect_order, families_take_turns_and_the_preferred_one_begins) {
  const auto a = at("::1", 1);
  const auto b = at("::2", 1);
  const auto c = at("127.0.0.1", 1);
  const auto d = at("127.0.0.2", 1);
  const auto e = at("127.0.0.3", 1);
  using list = std::vector<endpoint>;
  EXPECT_EQ(by_turns({a, b, c, d, e}), (list{a, c, b, d, e}));
  EXPECT_EQ(by_turns({c, d, e, a}), (list{c, a, d, e}));
  EXPECT_EQ(by_turns({c, d}), (list{c, d}));
  EXPECT_EQ(by_turns({a}), (list{a}));
  EXPECT_EQ(by_turns({a, c, d, e}), (list{a, c, d, e}));
}

}  // namespace
}  // namespace stls::test
