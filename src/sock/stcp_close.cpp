// How an stcp_body ends: close, and what a peer must not lose by it.
#include "sock/stcp_body.hpp"

#include "base/fail.hpp"
#include "sock/as_tuple.hpp"

#include <asio/this_coro.hpp>

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::chrono::seconds close_limit{2};

}  // namespace

task<> stcp_body::close(ptr self, expires e) {
  static constexpr const char* verb = "close";
  static constexpr lane_name who = lane_name::close;
  socket_body& s = self->socket();
  if (std::exchange(self->closed_, true) || s.closed()) {
    const auto latest = clock::now() + close_limit;
    while (!s.closed() && clock::now() < latest) {
      event::sleeper other(self->changed_, s.executor(), latest);
      co_await other.timer().async_wait(no_throw);
    }
    co_return result<void>();
  }
  self->counted_ = {};
  self->handshake_alarm_.reset();
  s.interrupt_all(interruption::closed);
  const auto limit = clock::now() + close_limit;
  if (e.is_own() || e.is_never() || e.at() > limit) e = limit;
  const socket_body::turn t(s, who, verb, e);
  // Tickets that are still to come are worth having. The engine can take them after close_notify.
  const bool hears = self->tickets_are_due() && self->tls_.shutdown().ok();
  if (!hears) static_cast<void>(self->tls_.close());  // what it could not say is no reason not to close
  self->end_is_due_ = self->touched_;
  stop_reason stop = co_await self->send_all(who);
  if (!stop && self->touched_) {
    co_await self->linger(who, hears);
  } else {
    self->part();
  }
  self->free_descriptor();
  // A peer that is gone does not miss anything.
  if (stop && (*stop == errc::timed_out || *stop == errc::cancelled)) co_return fail(std::move(*stop));
  co_return result<void>();
}

// A server of TLS 1.3 sends its tickets when the client may have said all already.
bool stcp_body::tickets_are_due() const {
  return established_ && is_client_ && !heard_ && tls_.info().version == "TLSv1.3";
}

// A descriptor that is closed before the peer's bytes have come answers them with a reset, which takes from
// the peer what it has not read yet. So where the peer is known to be sending, its end is waited for, within
// the limits of close. `hears`: the engine shall have what comes.
asio::awaitable<void> stcp_body::linger(lane_name who, bool hears) {
  socket_body& s = socket();
  bool is_sending = hears || tickets_are_due();
  std::array<std::byte, 4096> unread;
  for (;;) {
    const io_result r = hears ? tls_.recv(unread) : s.io().try_read(unread);
    if (r.ok()) {
      is_sending = true;
      // A peer that never stops is not heard for longer than one that says nothing.
      if (s.at(who).is_over()) co_return;
      if (s.wants_pause(who)) {
        if (auto stop = co_await s.pause(who)) co_return;
      }
      continue;
    }
    if (r.wants() && s.io().look_again()) continue;
    if (!r.wants() || !is_sending || s.before_wait(who)) co_return;
    co_await s.wait(who, readiness::to_read);
    if (s.after_wait(who, co_await asio::this_coro::cancellation_state)) co_return;
  }
}

void stcp_body::abandon() {
  closed_ = true;
  counted_ = {};
  handshake_alarm_.reset();
  part();
  free_descriptor();
}

// A descriptor that is closed with bytes unread resets the connection, and the peer may lose what was sent
// last: so say that this is the end, and take from the system what it has.
void stcp_body::part() noexcept {
  const int descriptor = socket().io().descriptor();
  if (descriptor < 0 || !touched_) return;
  ::shutdown(descriptor, SHUT_WR);
  std::array<std::byte, 4096> unread;
  for (int i = 0; i < 16 && ::recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT) > 0; ++i) {
  }
}

void stcp_body::free_descriptor() noexcept {
  socket().close();
  changed_.wake();
}

STLS_NAMESPACE_END
