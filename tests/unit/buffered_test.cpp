// buffered: a transport in memory, by feed and drain.
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/heap.hpp"
#include "support/pki.hpp"

#include <stls/buffered.hpp>
#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace stls::test {
namespace {

TEST(buffered_input, gives_what_was_fed_in_pieces_of_any_size) {
  buffered wire;
  wire.feed(to_bytes("abc"));
  wire.feed(to_bytes("def"));
  EXPECT_EQ(wire.unread(), 6U);
  bytes room(4);
  EXPECT_EQ(wire.read(room), (io_result{4, io_status::ok}));
  EXPECT_EQ(to_text(room), "abcd");
  EXPECT_EQ(wire.unread(), 2U);
  EXPECT_EQ(wire.read(room), (io_result{2, io_status::ok}));
  EXPECT_EQ(to_text(std::span(room).first(2)), "ef");
  EXPECT_EQ(wire.read(room), want_read);
}

TEST(buffered_input, feeding_nothing_changes_nothing) {
  buffered wire;
  wire.feed({});
  bytes room(4);
  EXPECT_EQ(wire.unread(), 0U);
  EXPECT_EQ(wire.read(room), want_read);
}

TEST(buffered_input, the_end_comes_after_all_that_was_fed) {
  buffered wire;
  wire.feed(to_bytes("abc"));
  wire.feed_eof();
  bytes room(10);
  EXPECT_EQ(wire.read(room), (io_result{3, io_status::ok}));
  EXPECT_EQ(wire.read(room), at_eof);
  EXPECT_EQ(wire.read(room), at_eof);
}

TEST(buffered_input, much_of_it_keeps_its_order) {
  buffered wire;
  const auto all = pattern(100000);
  bytes got;
  std::size_t fed = 0;
  for (std::size_t i = 1; got.size() < all.size(); ++i) {
    const auto n = std::min(all.size() - fed, i * 37 % 501);
    wire.feed(std::span(all).subspan(fed, n));
    fed += n;
    bytes room(1 + i * 53 % 499);
    if (const auto r = wire.read(room); r.ok()) append(got, std::span(room).first(r.bytes));
  }
  EXPECT_EQ(difference(got, all), "");
}

TEST(buffered_output, keeps_what_was_written_until_it_is_drained) {
  buffered wire;
  EXPECT_EQ(wire.write(to_bytes("abc")), (io_result{3, io_status::ok}));
  EXPECT_EQ(wire.write(to_bytes("def")), (io_result{3, io_status::ok}));
  EXPECT_EQ(to_text(wire.output()), "abcdef");
  wire.drain(2);
  EXPECT_EQ(to_text(wire.output()), "cdef");
  wire.drain(0);
  EXPECT_EQ(to_text(wire.output()), "cdef");
  wire.drain(100);
  EXPECT_TRUE(wire.output().empty());
  wire.drain(1);
  EXPECT_TRUE(wire.output().empty());
}

TEST(buffered_output, the_limit_bounds_it) {
  buffered wire(10);
  std::size_t written = 0;
  const auto data = pattern(25);
  while (true) {
    const auto r = wire.write(std::span(data).subspan(written, 4));
    if (!r.ok()) {
      EXPECT_EQ(r, want_write);
      break;
    }
    written += r.bytes;
    ASSERT_LE(wire.output().size(), 10U);
  }
  EXPECT_EQ(wire.output().size(), 10U);
  EXPECT_EQ(wire.write(to_bytes("x")), want_write);
  wire.drain(3);
  EXPECT_EQ(wire.write(to_bytes("abcdef")), (io_result{3, io_status::ok}));
  EXPECT_EQ(wire.write(to_bytes("x")), want_write);
}

TEST(buffered_output, without_memory_it_is_an_error_and_no_exception) {
  buffered wire;
  const auto data = pattern(10000);
  const heap::deny_new deny(0);
  const auto r = wire.write(data);
  const heap::allow_new pause;
  EXPECT_EQ(r, failed);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(buffered_output, an_idle_one_holds_no_memory) {
  if (!heap::counted()) GTEST_SKIP() << "the heap is not counted under a sanitizer";
  const auto before = heap::in_use();
  buffered wire;
  wire.feed(pattern(100000));
  EXPECT_TRUE(wire.write(pattern(100000)).ok());
  bytes room(100000);
  EXPECT_EQ(wire.read(room).bytes, 100000U);
  room = bytes();
  wire.drain(100000);
  EXPECT_LT(heap::in_use(), before + 1000);
}

// The loop of the header's comment, with two connections.
class buffered_exchange : public ::testing::TestWithParam<engine_case> {};

TEST_P(buffered_exchange, two_connections_talk_through_it) {
  buffered of_client(2000);
  buffered of_server(2000);
  const auto c = client::make(made(GetParam().client_options()));
  const auto s = server::make(made(GetParam().server_options()));
  ASSERT_TRUE(succeeded(c));
  ASSERT_TRUE(succeeded(s));
  auto there = c->connect("localhost", transport::from(of_client));
  auto here = s->accept(transport::from(of_server));
  ASSERT_TRUE(succeeded(there));
  ASSERT_TRUE(succeeded(here));
  const auto carry = [](buffered& from, buffered& to) {
    to.feed(from.output());
    from.drain(from.output().size());
  };
  const auto data = pattern(50000);
  bytes got;
  std::size_t sent = 0;
  bool ended = false;
  for (int i = 0; i < 10000 && !ended; ++i) {
    if (sent < data.size()) {
      const auto r = there->send(std::span(data).subspan(sent));
      ASSERT_NE(r.status, io_status::error) << there->last_error().message;
      sent += r.bytes;
    } else {
      const auto r = there->close();
      ASSERT_NE(r.status, io_status::error) << there->last_error().message;
    }
    carry(of_client, of_server);
    bytes room(5000);
    const auto r = here->recv(room);
    ASSERT_NE(r.status, io_status::error) << here->last_error().message;
    append(got, std::span(room).first(r.bytes));
    ended = r.status == io_status::eof;
    carry(of_server, of_client);
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(difference(got, data), "");
}

TEST_P(buffered_exchange, an_end_without_close_notify_is_truncated) {
  buffered of_server;
  const auto s = server::make(made(GetParam().server_options()));
  ASSERT_TRUE(succeeded(s));
  auto here = s->accept(transport::from(of_server));
  ASSERT_TRUE(succeeded(here));
  of_server.feed_eof();
  EXPECT_EQ(here->handshake(), failed);
  EXPECT_TRUE(is_error(here->last_error(), errc::truncated));
}

INSTANTIATE_TEST_SUITE_P(engines, buffered_exchange, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
