// recv, send and shutdown of an stcp_body.
#include "sock/stcp_body.hpp"

#include "base/fail.hpp"
#include "sock/system_failure.hpp"

#include <asio/this_coro.hpp>

#include <memory>
#include <utility>

STLS_NAMESPACE_BEGIN

task<std::size_t> stcp_body::recv(ptr self, std::span<std::byte> into, expires e) {
  static constexpr const char* verb = "recv";
  static constexpr lane_name who = lane_name::read;
  socket_body& s = self->socket();
  const socket_body::turn t(s, who, verb, e);
  if (self->closed_ || !t) co_return fail(self->refusal(who, verb));
  if (into.empty()) co_return fail(errc::invalid_argument, "recv: no room for a single byte");
  if (s.wants_pause(who)) {
    if (auto stop = co_await s.pause(who)) co_return fail(std::move(*self->reworded(std::move(stop))));
  }
  if (!self->established_) {
    if (auto stop = co_await self->drive(who)) co_return fail(std::move(*stop));
  }
  for (;;) {
    if (self->read_shut_) co_return std::size_t{0};
    // A peer that only asks for answers, and never takes them, gets no more of them than this.
    const bool choked = self->out_.size() >= 2 * out_buffer::batch;
    if (!choked) {
      std::size_t got = 0;
      const io_result r = self->read_more(into, got);
      self->flush_or_pump();
      if (got != 0) co_return got;
      if (r.status == io_status::eof) co_return std::size_t{0};
      if (r.status == io_status::error) co_return fail(self->last_error());
      if (s.io().look_again()) continue;
    }
    if (auto stop = s.before_wait(who)) co_return fail(std::move(*stop));
    if (choked) {
      co_await s.sleep(who, self->changed_);
    } else {
      self->lend_carry();
      co_await s.wait(who, readiness::to_read);
      self->changed_.wake();
    }
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return fail(std::move(*stop));
  }
}

task<> stcp_body::send(ptr self, std::span<const std::byte> from, expires e) {
  static constexpr const char* verb = "send";
  static constexpr lane_name who = lane_name::write;
  socket_body& s = self->socket();
  const socket_body::turn t(s, who, verb, e);
  if (self->closed_ || !t) co_return fail(self->refusal(who, verb));
  if (self->write_shut_) co_return fail(errc::closed, "send: after shutdown");
  if (!self->established_) {
    if (auto stop = co_await self->drive(who)) co_return fail(std::move(*stop));
  }
  std::size_t taken = 0;
  const auto stopped_there = [&](error why) {
    self->flush_or_pump();
    why.transferred = taken;
    return fail(std::move(why));
  };
  for (;;) {
    if (s.wants_pause(who)) {
      if (auto stop = co_await s.pause(who)) co_return stopped_there(std::move(*stop));
    }
    io_result made;
    while (made.ok() && taken < from.size() && self->out_.size() < out_buffer::batch) {
      made = self->tls_.send(from.subspan(taken));
      if (made.status == io_status::error) co_return stopped_there(self->last_error());
      taken += made.bytes;
    }
    // The rest of a message of the peer must come first (a wish to renegotiate, on BearSSL). One waits for
    // it.
    const bool must_hear = made.wants();
    if (must_hear) {
      self->flush_or_pump();
      if (s.io().look_again()) continue;
    } else {
      const io_result r = self->flush();
      if (r.status == io_status::error) co_return stopped_there(system_failure(verb, self->write_failure_));
      if (r.ok() && taken == from.size()) co_return result<void>();
      if (r.ok()) continue;
    }
    if (auto stop = s.before_wait(who)) co_return stopped_there(std::move(*stop));
    if (!must_hear) self->stop_pump();
    if (must_hear && s.waits(lane_name::read, readiness::to_read)) {
      co_await s.sleep(who, self->changed_);
    } else {
      co_await s.wait(who, must_hear ? readiness::to_read : readiness::to_write);
    }
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return stopped_there(std::move(*stop));
  }
}

asio::awaitable<stop_reason> stcp_body::send_all(lane_name who) {
  socket_body& s = socket();
  for (;;) {
    const io_result r = flush();
    if (r.ok()) co_return nullptr;
    if (r.status == io_status::error)
      co_return std::make_unique<error>(system_failure(s.at(who).verb, write_failure_));
    if (auto stop = s.before_wait(who)) co_return stop;
    stop_pump();
    co_await s.wait(who, readiness::to_write);
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state)) co_return stop;
  }
}

task<> stcp_body::shutdown(ptr self, direction d, expires e) {
  static constexpr const char* verb = "shutdown";
  static constexpr lane_name who = lane_name::write;
  socket_body& s = self->socket();
  if (self->closed_ || s.closed()) co_return fail(self->refusal(who, verb));
  if (d == direction::read) {
    self->read_shut_ = true;
    s.at(lane_name::read).ready.wake(s.io());
    co_return result<void>();
  }
  const socket_body::turn t(s, who, verb, e);
  if (!t) co_return fail(self->refusal(who, verb));
  if (!self->established_) co_return fail(errc::invalid_state, "shutdown: before the handshake is done");
  if (!self->write_shut_) {
    const io_result r = d == direction::both ? self->tls_.close() : self->tls_.shutdown();
    if (!r.ok()) co_return fail(self->last_error());
    self->write_shut_ = true;
    self->end_is_due_ = true;
  }
  if (d == direction::both) {
    self->read_shut_ = true;
    s.at(lane_name::read).ready.wake(s.io());
  }
  if (auto stop = co_await self->send_all(who)) {
    self->flush_or_pump();
    co_return fail(std::move(*stop));
  }
  co_return result<void>();
}

STLS_NAMESPACE_END
