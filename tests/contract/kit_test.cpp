// The test kit itself: that it would notice.
#include "support/actor.hpp"
#include "support/dribble.hpp"
#include "support/expect.hpp"
#include "support/failing.hpp"
#include "support/flight.hpp"
#include "support/heap.hpp"
#include "support/memory_pair.hpp"
#include "support/tls_end.hpp"

#include <stls/io.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

TEST(kit_memory_pair, carries_bytes_both_ways_in_order) {
  memory_pair wire(7);
  const auto data = pattern(100);
  bytes got;
  for (std::size_t sent = 0; got.size() < data.size();) {
    const auto w = wire.client.write(std::span(data).subspan(sent));
    sent += w.bytes;
    bytes room(3);
    const auto r = wire.server.read(room);
    append(got, std::span(room).first(r.bytes));
  }
  EXPECT_EQ(difference(got, data), "");
  EXPECT_EQ(wire.client.writes().bytes, 100U);
  EXPECT_EQ(wire.server.reads().bytes, 100U);
  EXPECT_GT(wire.client.writes().calls, 14U);
}

TEST(kit_memory_pair, wants_when_it_is_empty_or_full_and_ends) {
  memory_pair wire(2);
  bytes room(10);
  EXPECT_EQ(wire.server.read(room), want_read);
  EXPECT_EQ(wire.client.write(room).bytes, 2U);
  EXPECT_EQ(wire.client.write(room), want_write);
  wire.client.close();
  EXPECT_EQ(wire.server.read(room).bytes, 2U);
  EXPECT_EQ(wire.server.read(room), at_eof);
  errno = 0;
  EXPECT_EQ(wire.server.write(room), failed);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(wire.client.writes().wants, 1U);
  EXPECT_EQ(wire.server.reads().wants, 1U);
}

TEST(kit_dribble, moves_bytes_at_each_pace) {
  for (const auto p : paces) {
    SCOPED_TRACE(std::string(name_of(p)));
    memory_pair wire;
    dribble out("out", transport::from(wire.client), p);
    dribble in("in", transport::from(wire.server), p);
    const auto data = pattern(5000);  // enough for every kind of chance to come
    bytes got(data.size());
    std::size_t sent = 0;
    std::size_t received = 0;
    for (int i = 0; i < 100000 && received < data.size(); ++i) {
      out.settle();
      in.settle();
      if (sent < data.size()) sent += out.write(std::span(data).subspan(sent)).bytes;
      received += in.read(std::span(got).subspan(received)).bytes;
    }
    EXPECT_EQ(difference(got, data), "");
    EXPECT_EQ(in.wants(io_status::want_read) > 0, p != pace::plain && p != pace::single_bytes);
  }
}

// These make the tests fail that break rule 4; here that is what is expected.
TEST(kit_dribble, notices_other_memory_after_a_want) {
  memory_pair wire;
  dribble io("io", transport::from(wire.client), pace::plain);
  bytes room(10);
  EXPECT_EQ(io.read(std::span(room).first(5)), want_read);
  EXPECT_NONFATAL_FAILURE((void)io.read(std::span(room).last(5)), "was offered other memory");
}

TEST(kit_dribble, notices_less_room_after_a_want) {
  memory_pair wire;
  dribble io("io", transport::from(wire.client), pace::plain);
  bytes room(10);
  EXPECT_EQ(io.read(room), want_read);
  EXPECT_NONFATAL_FAILURE((void)io.read(std::span(room).first(9)), "was offered less");
}

TEST(kit_dribble, notices_other_bytes_after_a_want) {
  memory_pair wire;
  dribble io("io", transport::from(wire.client), pace::want_first);
  bytes room(10);
  EXPECT_EQ(io.write(room), want_write);
  room[3] = std::byte{1};
  EXPECT_NONFATAL_FAILURE((void)io.write(room), "was offered other bytes");
}

TEST(kit_dribble, fills_captured_memory_between_the_calls) {
  memory_pair wire;
  dribble io("io", transport::from(wire.client), pace::capture);
  bytes room(10);
  EXPECT_EQ(io.read(room), want_read);
  wire.server.inject(to_bytes("abc"));
  io.settle();
  EXPECT_EQ(to_text(std::span(room).first(3)), "abc");
  EXPECT_EQ(io.read(room), (io_result{3, io_status::ok}));
}

TEST(kit_failing, fails_at_the_nth_call_and_after_it) {
  memory_pair wire;
  failing io(transport::from(wire.client), 2, fault::error);
  bytes room(10);
  EXPECT_EQ(io.read(room), want_read);
  EXPECT_EQ(io.write(room).bytes, 10U);
  EXPECT_FALSE(io.reached());
  EXPECT_EQ(io.read(room), failed);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_TRUE(io.reached());
  EXPECT_EQ(io.write(room), failed);
}

TEST(kit_failing, the_loop_notices_a_leak) {
  if (!heap::counted()) GTEST_SKIP() << "the sanitizer would report the leak made here";
  std::vector<std::unique_ptr<bytes>> leaked;
  EXPECT_NONFATAL_FAILURE(fail_loop(
                              [&](std::size_t nth, fault) {
                                leaked.push_back(std::make_unique<bytes>(1000));
                                return nth < 20;
                              },
                              fault::error),
                          "it leaks");
}

TEST(kit_heap, counts_every_byte) {
  if (!heap::counted()) GTEST_SKIP() << "not under a sanitizer";
  const auto before = heap::in_use();
  const auto blocks = heap::blocks();
  auto one = std::make_unique<bytes>(10000);
  EXPECT_GE(heap::in_use(), before + 10000);
  EXPECT_EQ(heap::blocks(), blocks + 2);
  one.reset();
  EXPECT_EQ(heap::in_use(), before);
}

TEST(kit_heap, denies_memory_from_the_nth_new_on) {
  bool thrown = false;
  bool reached = false;
  {
    const heap::deny_new deny(1);
    // Called by name: what a new-expression asks for the compiler may leave out.
    const auto grab = [] { ::operator delete(::operator new(8)); };
    grab();
    {
      const heap::allow_new pause;
      grab();
      EXPECT_FALSE(deny.reached());
    }
    try {
      grab();
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    reached = deny.reached();
  }
  EXPECT_TRUE(thrown);
  EXPECT_TRUE(reached);
}

// liar is an end that breaks the contract in the way it is told.
struct liar {
  io_result handshake() const { return answer; }
  io_result recv(std::span<std::byte>) const { return answer; }
  io_result send(std::span<const std::byte>) const { return answer; }
  io_result shutdown() const { return answer; }
  io_result close() const { return answer; }
  static error failure() { return {errc::internal, "a lie"}; }
  static std::size_t moved() { return 0; }
  static void settle() {}
  static void hang_up() {}
  io_result answer;
};

TEST(kit_drive, never_hangs) {
  liar waiting{want_read};
  liar also{want_write};
  actor a(waiting);
  actor b(also);
  a.handshake();
  b.handshake();
  EXPECT_EQ(drive(a, b), outcome::stuck);
  liar endless{{1, io_status::ok}};
  actor c(endless);
  c.recv(1000000000);
  EXPECT_EQ(drive(c, 1000), outcome::too_long);
}

TEST(kit_drive, play_fails_where_a_step_is_not_done) {
  liar waiting{want_read};
  liar good{done};
  actor a(waiting);
  actor b(good);
  a.handshake();
  b.handshake();
  EXPECT_NONFATAL_FAILURE(play(a, b), "it is still at handshake");
}

TEST(kit_tls_end, notices_a_want_that_no_callback_asked_for) {
  // An engine that wants at once, and one that gives more than was offered.
  class lying_engine final : public engine {
   public:
    io_result handshake(transport) noexcept override { return want_read; }
    io_result read(transport, std::span<std::byte> into) noexcept override {
      return {into.size() + 1, io_status::ok};
    }
    io_result write(transport, std::span<const std::byte>) noexcept override { return {0, io_status::ok}; }
    io_result shutdown(transport) noexcept override { return failed; }
    io_result close(transport) noexcept override { return at_eof; }
    bool release_buffers() noexcept override { return true; }
    [[nodiscard]] std::size_t pending() const noexcept override { return 0; }
    [[nodiscard]] bool established() const noexcept override { return true; }
    void describe(conn_info&) const override {}
    [[nodiscard]] result<std::vector<std::byte>> export_session() const override {
      return std::vector<std::byte>();
    }
    [[nodiscard]] std::size_t sessions_received() const noexcept override { return 0; }
    [[nodiscard]] result<ocsp_verdict> judge_ocsp(std::span<const std::byte>) const override {
      return ocsp_verdict();
    }
    error take_error() noexcept override { return {errc::internal, "a sentence."}; }
  };
  memory_pair wire;
  tls_end end("end", transport::from(wire.client));
  end.adopt(result<std::unique_ptr<engine>>(std::make_unique<lying_engine>()), nullptr);
  bytes room(10);
  EXPECT_NONFATAL_FAILURE((void)end.handshake(), "contract 2");
  EXPECT_NONFATAL_FAILURE((void)end.recv(room), "contract 1");
  EXPECT_NONFATAL_FAILURE((void)end.send(room), "contract 1");
  EXPECT_NONFATAL_FAILURE((void)end.shutdown(), "full stop");
  EXPECT_NONFATAL_FAILURE((void)end.close(), "eof");
}

TEST(kit_flight, a_hello_that_is_read_and_written_is_the_same) {
  hello first;
  first.version = 0x0303;
  first.random = pattern(32);
  first.ciphers = {0x1301, 0xc02b};
  first.compressions = {std::byte{0}};
  first.extensions[0] = from_hex("0006 00 0003 612e62");
  first.extensions[10] = from_hex("0004 001d 0017");
  first.extensions[16] = from_hex("0003 02 6832");
  const auto again = client_hello(to_wire(first));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ciphers, first.ciphers);
  EXPECT_EQ(again->servername(), "a.b");
  EXPECT_EQ(again->groups(), (std::vector<std::uint16_t>{0x1d, 0x17}));
  EXPECT_EQ(again->alpn(), std::vector<std::string>{"h2"});
  EXPECT_EQ(to_wire(*again), to_wire(first));
  EXPECT_EQ(plain_alerts(from_hex("15 0303 0002 02 28")), (std::vector<plain_alert>{{2, 40}}));
}

}  // namespace
}  // namespace stls::test
