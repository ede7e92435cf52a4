// What callbacks may do, what they must not do, and what stls says then.
#include "support/expect.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace stls::test {
namespace {

// scripted is a transport whose answers a test may replace, one by one.
struct scripted {
  explicit scripted(pipe_end& w) : wire(w) {}

  io_result read(std::span<std::byte> into) { return on_read ? on_read(into) : wire.read(into); }
  io_result write(std::span<const std::byte> from) { return on_write ? on_write(from) : wire.write(from); }

  pipe_end& wire;
  std::function<io_result(std::span<std::byte>)> on_read;
  std::function<io_result(std::span<const std::byte>)> on_write;
};

// One end of stls on a scripted transport; the other end is an ordinary one.
class contract_transport : public ::testing::TestWithParam<end_case> {
 protected:
  contract_transport()
      : script(link.wire_of(GetParam().end)),
        subject("subject", transport::from(script), pace::plain, [this] { script.wire.close(); }),
        peer(link.other(GetParam().end)) {}

  void SetUp() override {
    link.open(GetParam().both());
    subject.adopt(connect(subject.io()));
  }

  result<connection> connect(transport io) const {
    const auto both = GetParam().both();
    if (GetParam().is_client()) {
      return client::make(made(both.client_options())).and_then([&](const client& c) {
        return c.connect("localhost", io);
      });
    }
    return server::make(made(both.server_options())).and_then([&](const server& s) { return s.accept(io); });
  }

  void shake_hands() {
    actor a(subject);
    actor b(peer);
    a.handshake();
    b.handshake();
    play(a, b);
  }

  void expect_still_good() {
    actor a(subject);
    actor b(peer);
    a.exchange(to_bytes("there"), 4);
    b.exchange(to_bytes("back"), 5);
    play(a, b);
    EXPECT_EQ(to_text(a.received) + to_text(b.received), "backthere");
  }

  // The connection is broken, for good, and says this.
  void expect_broken(std::string_view sentence) {
    EXPECT_TRUE(is_error(subject.failure(), errc::transport, sentence));
    EXPECT_EQ(subject.recv(room), failed);
    EXPECT_TRUE(is_error(subject.failure(), errc::transport, sentence)) << "again";
    EXPECT_EQ(subject.send(room), failed);
    EXPECT_TRUE(is_error(subject.failure(), errc::transport, sentence)) << "in the other direction";
    EXPECT_EQ(subject.close(), done);
  }

  tls_link link;
  scripted script;
  tls_end subject;
  tls_end& peer;
  bytes room = bytes(100);
};

TEST_P(contract_transport, reading_more_than_was_offered_is_named) {
  shake_hands();
  std::size_t offered = 0;
  script.on_read = [&](std::span<std::byte> into) {
    offered = into.size();
    return io_result{into.size() + 1, io_status::ok};
  };
  EXPECT_EQ(subject.recv(room), failed);
  expect_broken("read callback returned " + std::to_string(offered + 1) + " bytes, more than the " +
                std::to_string(offered) + " it was offered");
}

TEST_P(contract_transport, writing_more_than_was_offered_is_named) {
  shake_hands();
  std::size_t offered = 0;
  script.on_write = [&](std::span<const std::byte> from) {
    offered = from.size();
    return io_result{from.size() + 1, io_status::ok};
  };
  EXPECT_EQ(subject.send(room), failed);
  expect_broken("write callback returned " + std::to_string(offered + 1) + " bytes, more than the " +
                std::to_string(offered) + " it was offered");
}

TEST_P(contract_transport, ok_with_nothing_read_is_named) {
  shake_hands();
  script.on_read = [](std::span<std::byte>) { return io_result{0, io_status::ok}; };
  EXPECT_EQ(subject.recv(room), failed);
  expect_broken("read callback returned ok with 0 bytes");
}

TEST_P(contract_transport, ok_with_nothing_written_is_named) {
  shake_hands();
  script.on_write = [](std::span<const std::byte>) { return io_result{0, io_status::ok}; };
  EXPECT_EQ(subject.send(room), failed);
  expect_broken("write callback returned ok with 0 bytes");
}

TEST_P(contract_transport, bytes_with_a_want_of_the_read_callback_are_named) {
  shake_hands();
  script.on_read = [](std::span<std::byte>) { return io_result{1, io_status::want_read}; };
  EXPECT_EQ(subject.recv(room), failed);
  expect_broken("read callback returned 1 bytes together with a status other than ok");
}

TEST_P(contract_transport, bytes_with_a_want_of_the_write_callback_are_named) {
  shake_hands();
  script.on_write = [](std::span<const std::byte>) { return io_result{3, io_status::want_write}; };
  EXPECT_EQ(subject.send(room), failed);
  expect_broken("write callback returned 3 bytes together with a status other than ok");
}

TEST_P(contract_transport, eof_of_the_write_callback_is_named) {
  shake_hands();
  script.on_write = [](std::span<const std::byte>) { return io_result{0, io_status::eof}; };
  EXPECT_EQ(subject.send(room), failed);
  expect_broken("write callback returned eof");
}

TEST_P(contract_transport, an_unknown_status_is_an_error) {
  shake_hands();
  script.on_read = [](std::span<std::byte>) { return io_result{0, static_cast<io_status>(77)}; };
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::transport));
}

TEST_P(contract_transport, an_error_carries_the_callbacks_errno) {
  shake_hands();
  script.on_read = [](std::span<std::byte>) {
    errno = ECONNRESET;
    return io_result{0, io_status::error};
  };
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_EQ(subject.failure().native, ECONNRESET);
  expect_broken("read callback failed: " + std::generic_category().message(ECONNRESET));
}

TEST_P(contract_transport, an_error_of_writing_carries_the_callbacks_errno) {
  shake_hands();
  script.on_write = [](std::span<const std::byte>) {
    errno = EPIPE;
    return io_result{0, io_status::error};
  };
  EXPECT_EQ(subject.send(room), failed);
  EXPECT_EQ(subject.failure().native, EPIPE);
  expect_broken("write callback failed: " + std::generic_category().message(EPIPE));
}

TEST_P(contract_transport, an_error_without_errno_has_none) {
  shake_hands();
  errno = ENOENT;  // of something else, before
  script.on_read = [](std::span<std::byte>) { return io_result{0, io_status::error}; };
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_EQ(subject.failure().native, 0);
  expect_broken("read callback failed");
}

TEST_P(contract_transport, an_exception_of_a_callback_is_an_error) {
  shake_hands();
  script.on_read = [](std::span<std::byte>) -> io_result { throw std::runtime_error("of the application"); };
  errno = 0;
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::transport));
}

TEST_P(contract_transport, the_same_holds_in_the_handshake) {
  script.on_read = [](std::span<std::byte>) { return io_result{0, io_status::ok}; };
  EXPECT_EQ(subject.handshake(), failed);
  expect_broken("read callback returned ok with 0 bytes");
}

TEST_P(contract_transport, a_missing_read_callback_is_refused) {
  auto io = transport::from(script.wire);
  io.read = nullptr;
  auto made = connect(io);
  if (!made) {
    EXPECT_TRUE(is_error(made, errc::invalid_argument));
    return;
  }
  EXPECT_EQ(made->handshake(), failed);
  EXPECT_TRUE(is_error(made->last_error(), errc::transport, "read callback is missing"));
}

TEST_P(contract_transport, a_missing_write_callback_is_refused) {
  auto io = transport::from(script.wire);
  io.write = nullptr;
  auto made = connect(io);
  if (!made) {
    EXPECT_TRUE(is_error(made, errc::invalid_argument));
    return;
  }
  if (!GetParam().is_client()) (void)peer.handshake();  // so that there is something to answer
  EXPECT_EQ(made->handshake(), failed);
  EXPECT_TRUE(is_error(made->last_error(), errc::transport, "write callback is missing"));
}

// A layer below may have to write before it can read.
TEST_P(contract_transport, each_callback_may_want_either_direction) {
  shake_hands();
  bool once = true;
  script.on_read = [&](std::span<std::byte> into) {
    if (std::exchange(once, false)) return io_result{0, io_status::want_write};
    return script.wire.read(into);
  };
  EXPECT_EQ(subject.recv(room), want_write);
  EXPECT_EQ(subject.recv(room), want_read);
  script.on_read = {};
  once = true;
  script.on_write = [&](std::span<const std::byte> from) {
    if (std::exchange(once, false)) return io_result{0, io_status::want_read};
    return script.wire.write(from);
  };
  EXPECT_EQ(subject.send(to_bytes("there")), want_read);
  script.on_write = {};
  EXPECT_EQ(subject.send(to_bytes("there")), (io_result{5, io_status::ok}));
  actor b(peer);
  b.recv(5);
  EXPECT_EQ(drive(b), outcome::finished);
  EXPECT_EQ(to_text(b.received), "there");
}

TEST_P(contract_transport, in_the_handshake_too_each_callback_may_want_either_direction) {
  int reads = 0;
  int writes = 0;
  script.on_read = [&](std::span<std::byte> into) {
    return reads++ % 2 == 0 ? io_result{0, io_status::want_write} : script.wire.read(into);
  };
  script.on_write = [&](std::span<const std::byte> from) {
    return writes++ % 2 == 0 ? io_result{0, io_status::want_read} : script.wire.write(from);
  };
  // Crossed wants are counted by the dribble under their own names, so that rule 2 is checked here too.
  shake_hands();
  EXPECT_GT(reads, 1);
  EXPECT_GT(writes, 1);
}

// -- re-entry --

TEST_P(contract_transport, each_verb_is_busy_inside_of_a_callback) {
  shake_hands();
  int calls = 0;
  const auto re_enter = [&] {
    ++calls;
    bytes into(10);
    auto& conn = subject.conn();
    const auto expect_busy = [&](io_result r, const char* verb) {
      EXPECT_EQ(r, failed) << verb;
      EXPECT_TRUE(is_error(conn.last_error(), errc::busy)) << verb;
    };
    expect_busy(conn.handshake(), "handshake");
    expect_busy(conn.recv(into), "recv");
    expect_busy(conn.send(into), "send");
    expect_busy(conn.shutdown(), "shutdown");
    expect_busy(conn.close(), "close");
    EXPECT_TRUE(is_error(conn.release_buffers(), errc::busy));
  };
  script.on_read = [&](std::span<std::byte> into) {
    re_enter();
    return script.wire.read(into);
  };
  script.on_write = [&](std::span<const std::byte> from) {
    re_enter();
    return script.wire.write(from);
  };
  EXPECT_EQ(subject.recv(room), want_read);
  const auto r = subject.send(to_bytes("there"));
  EXPECT_EQ(r, (io_result{5, io_status::ok}));
  EXPECT_GE(calls, 2);
  script.on_read = {};
  script.on_write = {};
  actor b(peer);
  b.recv(5).send(to_bytes("back"));
  EXPECT_EQ(drive(b), outcome::finished);
  EXPECT_EQ(subject.recv(room), (io_result{4, io_status::ok}));
  expect_still_good();
}

TEST_P(contract_transport, in_the_handshake_and_in_close_too) {
  int calls = 0;
  const auto re_enter = [&] {
    ++calls;
    EXPECT_EQ(subject.conn().handshake(), failed);
    EXPECT_TRUE(is_error(subject.conn().last_error(), errc::busy));
  };
  script.on_read = [&](std::span<std::byte> into) {
    re_enter();
    return script.wire.read(into);
  };
  script.on_write = [&](std::span<const std::byte> from) {
    re_enter();
    return script.wire.write(from);
  };
  shake_hands();
  expect_still_good();
  EXPECT_EQ(subject.close(), done);
  EXPECT_GT(calls, 4);
  EXPECT_EQ(peer.recv(room), at_eof);
}

TEST_P(contract_transport, an_error_inside_of_a_callback_does_not_hide_the_error_outside) {
  shake_hands();
  script.on_read = [&](std::span<std::byte>) {
    EXPECT_EQ(subject.conn().close(), failed);
    errno = ECONNRESET;
    return io_result{0, io_status::error};
  };
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_EQ(subject.failure().native, ECONNRESET);
  expect_broken("read callback failed: " + std::generic_category().message(ECONNRESET));
}

// -- self --

TEST_P(contract_transport, self_is_handed_through_and_never_looked_at) {
  static thread_local scripted* there = nullptr;
  there = &script;
  static void* const number = reinterpret_cast<void*>(std::uintptr_t{7});
  const transport io = {.read = [](void* self, std::span<std::byte> into) noexcept -> io_result {
                          EXPECT_EQ(self, number);
                          return there->read(into);
                        },
                        .write = [](void* self, std::span<const std::byte> from) noexcept -> io_result {
                          EXPECT_EQ(self, number);
                          return there->write(from);
                        },
                        .self = number};
  auto made = connect(io);
  ASSERT_TRUE(succeeded(made));
  subject.adopt(std::move(made));
  bool ready = false;
  actor b(peer);
  b.handshake();
  for (int i = 0; i < 100 && !ready; ++i) {
    ready = subject.conn().handshake().ok();
    (void)b.turn();
  }
  EXPECT_TRUE(ready);
}

INSTANTIATE_TEST_SUITE_P(engines, contract_transport, ::testing::ValuesIn(end_cases()), end_name);

}  // namespace
}  // namespace stls::test
