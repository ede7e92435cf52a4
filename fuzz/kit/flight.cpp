#include "kit/flight.hpp"

#include "kit/fixed_random.hpp"
#include "kit/input.hpp"
#include "kit/require.hpp"
#include "kit/setup.hpp"
#include "kit/tamper.hpp"
#include "support/expect.hpp"

#include <stls/buffered.hpp>
#include <stls/connection.hpp>

#include <array>
#include <functional>
#include <utility>

namespace stls::fuzz {
namespace {

// Far more than any handshake takes: who needs more, spins.
constexpr int most_calls = 20000;

void require_style(const error& e) {
  require(static_cast<bool>(e.code), "an error has no code");
  const auto style = test::has_style(e);
  require(static_cast<bool>(style), style.message());
}

// one_end does what can be done: the handshake, a greeting, and then it reads.
class one_end {
 public:
  explicit one_end(const std::function<result<connection>(transport)>& make) {
    auto made = make(transport::from(wire));
    if (made) conn_ = std::move(*made);
    if (!made) refusal = std::move(made.error());
  }
  one_end(const setup& with, role end)
      : one_end([&](transport t) { return end == role::client ? with.connect(t) : with.accept(t); }) {
    require(!refusal.code, refusal.message);
  }
  one_end(const one_end&) = delete;
  one_end& operator=(const one_end&) = delete;

  // turn goes on until the wire must move, or there is nothing more to do.
  void turn() {
    while (!resting_) {
      require(++calls_ < most_calls, "it spins");
      const io_result r = step();
      if (r.wants()) return;
      if (r.ok()) continue;
      resting_ = true;
      if (r.status == io_status::error) look_at_error();
    }
  }

  // end: the peer is gone.
  void end() {
    wire.feed_eof();
    turn();
    require(resting_, "it waits for bytes after the end of the stream");
    require(conn_.close().ok(), "it cannot be closed");
    require(conn_.info().version.empty() != done_, "info() is there if the handshake is done");
  }

  [[nodiscard]] bool done() const noexcept { return done_; }

  buffered wire;
  error refusal;  // why there is no connection; its code is zero otherwise

 private:
  io_result step() {
    if (!done_) {
      const io_result r = conn_.handshake();
      done_ = r.ok();
      return r;
    }
    if (!greeted_) {
      const io_result r = conn_.send(std::array{std::byte{'x'}});
      greeted_ = r.ok();
      return r;
    }
    return conn_.recv(room_);
  }

  void look_at_error() {
    const error why = conn_.last_error();
    require_style(why);
    require(why != errc::internal, why.message);
    require(conn_.recv(room_).status == io_status::error && conn_.last_error().message == why.message,
            "an error is not final");
  }

  connection conn_;
  int calls_ = 0;
  bool done_ = false;
  bool greeted_ = false;
  bool resting_ = false;
  std::array<std::byte, 512> room_{};
};

// move_out takes what an end wrote.
bytes move_out(buffered& wire) {
  const auto out = wire.output();
  bytes taken(out.begin(), out.end());
  wire.drain(taken.size());
  return taken;
}

void play(one_end& tested, one_end& genuine, tamper& between) {
  for (;;) {
    tested.turn();
    genuine.turn();
    const bytes there = move_out(tested.wire);
    const bytes here = between.pass(move_out(genuine.wire));
    if (there.empty() && here.empty()) return;
    genuine.wire.feed(there);
    tested.wire.feed(here);
  }
}

}  // namespace

void play_flight(role tested, const std::uint8_t* data, std::size_t size) {
  restart_random();
  input in(data, size);
  const setup& with = setup::chosen_by(in.byte());
  tamper between(in);
  one_end end(with, tested);
  if (between.alone()) {
    end.turn();
    end.wire.feed(between.replacement());
    end.turn();
    require(!end.done(), "a handshake is done that had no peer");
  } else {
    one_end genuine(with, tested == role::client ? role::server : role::client);
    play(end, genuine, between);
    require(!end.done() || genuine.done(), "a handshake is done that the peer did not do");
    require(end.done() || !between.harmless(), "a handshake fails that nobody disturbed");
  }
  end.end();
}

void play_session(const setup& with, std::span<const std::byte> session) {
  one_end end([&](transport t) { return with.connect(t, session); });
  if (end.refusal.code) {
    require_style(end.refusal);
    require(end.refusal == errc::invalid_argument && end.refusal.message.starts_with("session: "),
            end.refusal.message);
    return;
  }
  one_end genuine(with, role::server);
  tamper none;
  play(end, genuine, none);
  require(!end.done() || genuine.done(), "a handshake is done that the peer did not do");
  end.end();
}

}  // namespace stls::fuzz
