// A client whose callbacks only keep what they are given, as programs with an event loop have them: the bytes
// move later. Its peer is raw libssl, which sends tickets and asks for new keys at any time. Two of our own
// ends do the same in programs/captured.c.
#include "capi/kit.hpp"
#include "support/bytes.hpp"
#include "support/memory_pair.hpp"
#include "support/raw_peer.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>

namespace capi {
namespace {

using stls::io_result;
using stls::io_status;
using stls::test::pipe_end;

// request is a pointer that a callback kept.
struct request {
  std::byte* at = nullptr;
  std::size_t size = 0;
  std::optional<ssize_t> answer;  // once its bytes have moved

  ssize_t keep(void* buf, std::size_t len, ssize_t want) {
    auto* const given = static_cast<std::byte*>(buf);
    if (at == nullptr) {
      at = given;
      size = len;
      return want;
    }
    EXPECT_EQ(at, given) << "another pointer";
    EXPECT_GE(len, size) << "a smaller size";
    if (!answer) return want;
    at = nullptr;
    const ssize_t done = *answer;
    answer.reset();
    return done;
  }
  [[nodiscard]] bool waits() const { return at != nullptr && !answer; }
};

struct kept {
  request reading;
  request writing;

  static ssize_t read(tls* /*ctx*/, void* buf, std::size_t len, void* self) {
    return static_cast<kept*>(self)->reading.keep(buf, len, TLS_WANT_POLLIN);
  }
  static ssize_t write(tls* /*ctx*/, const void* buf, std::size_t len, void* self) {
    return static_cast<kept*>(self)->writing.keep(const_cast<void*>(buf), len, TLS_WANT_POLLOUT);
  }
};

// event_loop moves the bytes of the requests, some of them, some of the time.
class event_loop {
 public:
  event_loop(kept& requests, pipe_end& wire) : requests_(&requests), wire_(&wire) {}

  void turn() {
    if (request& r = requests_->reading; r.waits() && chance()) {
      note(r, wire_->read({r.at, portion(r.size)}));
    }
    if (request& w = requests_->writing; w.waits() && chance()) {
      note(w, wire_->write({w.at, portion(w.size)}));
    }
  }
  bool chance() { return dice_() % 2 == 0; }

 private:
  std::size_t portion(std::size_t most) { return chance() ? most : 1 + dice_() % most; }
  static void note(request& r, io_result moved) {
    if (moved.ok()) r.answer = static_cast<ssize_t>(moved.bytes);
    if (moved.status == io_status::eof) r.answer = 0;
  }

  kept* requests_;
  pipe_end* wire_;
  std::mt19937_64 dice_ = stls::test::dice();
};

class capi_captured : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    if (version() == TLS_PROTOCOL_TLSv1_3 && !engine().tls1_3) GTEST_SKIP() << "an engine without TLS 1.3";
  }
  static std::uint32_t version() { return GetParam(); }
};

TEST_P(capi_captured, client_takes_tickets_and_new_keys_while_both_send) {
  stls::test::memory_pair wire;
  const config c = client_config();
  ASSERT_EQ(tls_config_set_protocols(c.get(), version()), 0);
  const context client = capi::client(c);
  kept requests;
  ASSERT_EQ(tls_connect_cbs(client.get(), kept::read, kept::write, &requests, "localhost"), 0);
  event_loop loop(requests, wire.client);
  stls::test::raw_peer peer(wire.server, {.tickets = 4});

  // rounds turns the loop until both have done what they had to do.
  const auto rounds = [&](auto&& ours, auto&& theirs) {
    bool done_here = false;
    bool done_there = false;
    for (int i = 0; i < 1'000'000 && !(done_here && done_there); ++i) {
      if (!done_here && loop.chance()) done_here = ours();
      if (!done_there && loop.chance()) done_there = theirs();
      loop.turn();
    }
    return done_here && done_there;
  };
  // settled judges an answer of a verb of ours: it may only want what a callback said.
  const auto settled = [&](ssize_t n) {
    EXPECT_NE(n, -1) << text(tls_error(client.get()));
    EXPECT_TRUE(n != TLS_WANT_POLLIN || requests.reading.at != nullptr)
        << "a want that no callback asked for";
    EXPECT_TRUE(n != TLS_WANT_POLLOUT || requests.writing.at != nullptr)
        << "a want that no callback asked for";
    return n >= -1;
  };

  ASSERT_TRUE(
      rounds([&] { return settled(tls_handshake(client.get())); }, [&] { return peer.handshake().ok(); }));

  // Both send and receive so much, in portions of every size; the peer asks for new keys all the while.
  const std::size_t size = 200'000;
  const stls::test::bytes up = stls::test::pattern(size, 1);
  const stls::test::bytes down = stls::test::pattern(size, 2);
  stls::test::bytes arrived_up;
  stls::test::bytes arrived_down;
  std::array<std::byte, 5000> room{};
  std::size_t sent_up = 0;
  std::size_t sent_down = 0;
  unsigned turns = 0;
  const auto ours = [&] {
    if (sent_up < size) {
      const ssize_t n =
          tls_write(client.get(), up.data() + sent_up, std::min<std::size_t>(7000, size - sent_up));
      settled(n);
      if (n > 0) sent_up += static_cast<std::size_t>(n);
    }
    if (arrived_down.size() < size) {
      const ssize_t n = tls_read(client.get(), room.data(), room.size());
      settled(n);
      EXPECT_NE(n, 0) << "an early end";
      if (n > 0) arrived_down.insert(arrived_down.end(), room.begin(), room.begin() + n);
    }
    return ::testing::Test::HasFailure() || (sent_up == size && arrived_down.size() == size);
  };
  const auto theirs = [&] {
    bool between_messages = true;
    if (sent_down < size) {
      const io_result r =
          peer.send(std::span(down).subspan(sent_down, std::min<std::size_t>(9000, size - sent_down)));
      if (r.ok()) sent_down += r.bytes;
      between_messages = r.ok();
    }
    if (between_messages && version() == TLS_PROTOCOL_TLSv1_3 && ++turns % 3 == 0) {
      EXPECT_NE(peer.send_ticket().status, io_status::error);
      EXPECT_NE(peer.key_update(turns % 2 == 0).status, io_status::error);
    }
    const io_result r = peer.recv(room);
    if (r.ok()) arrived_up.insert(arrived_up.end(), room.begin(), room.begin() + static_cast<long>(r.bytes));
    return arrived_up.size() == size &&
           arrived_down.size() == size;  // a raw peer's verbs carry on what it sent before
  };
  ASSERT_TRUE(rounds(ours, theirs)) << "up " << sent_up << " of which " << arrived_up.size()
                                    << " arrived, down " << sent_down << " of which " << arrived_down.size();
  EXPECT_EQ(arrived_up, up);
  EXPECT_EQ(arrived_down, down);
  EXPECT_EQ(peer.key_updates() > 0, version() == TLS_PROTOCOL_TLSv1_3) << "the peer was answered";

  ASSERT_TRUE(rounds([&] { return settled(tls_close(client.get())); },
                     [&] { return peer.recv(room).status == io_status::eof; }));
}

INSTANTIATE_TEST_SUITE_P(versions, capi_captured,
                         ::testing::Values(TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOL_TLSv1_3),
                         [](const auto& of) { return of.param == TLS_PROTOCOL_TLSv1_3 ? "tls13" : "tls12"; });

}  // namespace
}  // namespace capi
