#include "sock/socket_body.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/as_tuple.hpp"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// A coroutine whose reads are always done at once would keep the loop to itself.
constexpr unsigned turns_in_a_row = 64;

constexpr std::string_view doing(lane_name who) noexcept {
  switch (who) {
    case lane_name::read:
      return "receiving";
    case lane_name::write:
      return "sending";
    case lane_name::handshake:
      return "making the handshake";
    case lane_name::close:
      break;
  }
  return "closing";
}

stop_reason stop(errc code, std::string sentence) {
  return std::make_unique<error>(code, std::move(sentence));
}

}  // namespace

// -- who waits

socket_body::turn::turn(socket_body& of, lane_name who, const char* verb, expires e)
    : of_(of), who_(who), began_(!of.closed_ && (of.find(who) == nullptr || !of.at(who).busy)) {
  if (!began_) return;
  if (is_rare(who_)) of_.rare(who_) = std::make_unique<lane>();
  lane& l = of_.at(who_);
  l.verb = verb;
  l.busy = true;
  l.why = interruption::none;
  l.until = of_.deadline(who_, e);
}

socket_body::turn::~turn() {
  if (!began_) return;
  of_.at(who_).busy = false;
  if (is_rare(who_)) of_.rare(who_).reset();
}

lane::clock::time_point socket_body::deadline(lane_name who, expires e) const {
  if (e.is_own()) {
    if (is_rare(who)) return lane::never;
    const own_deadline& own = own_[static_cast<std::size_t>(who)];
    if (own.each == lane::clock::duration::max()) return own.point;
    e = expires::after(own.each);
  }
  return e.is_never() ? lane::never : e.at();
}

error socket_body::refusal(lane_name who, const char* verb) const {
  if (closed_) return {errc::closed, cat({verb, ": the socket is closed"})};
  return {errc::busy, cat({verb, ": another coroutine is ", doing(who), " already"})};
}

stop_reason socket_body::stopped(lane_name who) {
  const std::string_view verb = at(who).verb;
  switch (std::exchange(at(who).why, interruption::none)) {
    case interruption::none:
      break;
    case interruption::timed_out:
      return stop(errc::timed_out, cat({verb, ": timed out"}));
    case interruption::cancelled:
      return stop(errc::cancelled, cat({verb, ": cancelled"}));
    case interruption::closed:
      return stop(errc::closed, cat({verb, ": the socket was closed"}));
  }
  if (closed_ && who != lane_name::close) return stop(errc::closed, cat({verb, ": the socket was closed"}));
  return nullptr;
}

stop_reason socket_body::before_wait(lane_name who) {
  if (auto why = stopped(who)) return why;
  lane& l = at(who);
  l.without_waiting = 0;
  if (l.is_over()) return stop(errc::timed_out, cat({l.verb, ": timed out"}));
  if (l.until != lane::never) set_alarm(who);
  return nullptr;
}

asio::awaitable<void> socket_body::sleep(lane_name who, event& e, lane::clock::time_point latest) {
  lane& l = at(who);
  event::sleeper s(e, executor(), std::min(latest, l.until));
  l.sleeps = &s.timer();
  co_await s.timer().async_wait(no_throw);
  l.sleeps = nullptr;
}

stop_reason socket_body::after_wait(lane_name who, asio::cancellation_state state) {
  lane& l = at(who);
  if (l.waits_for) io_.woken(*std::exchange(l.waits_for, std::nullopt));
  if (state.cancelled() != asio::cancellation_type::none && l.why == interruption::none)
    l.why = interruption::cancelled;
  return stopped(who);
}

bool socket_body::wants_pause(lane_name who) noexcept {
  return ++at(who).without_waiting % turns_in_a_row == 0;
}

asio::awaitable<stop_reason> socket_body::pause(lane_name who) {
  co_await asio::post(executor(), asio::use_awaitable);
  co_return after_wait(who, co_await asio::this_coro::cancellation_state);
}

void socket_body::interrupt(lane_name who, interruption why) {
  lane* const l = find(who);
  if (l == nullptr || !l->busy) return;
  if (l->why == interruption::none) l->why = why;
  if (l->waits_for) l->ready.wake(io_);
  if (l->sleeps != nullptr) l->sleeps->cancel();
}

void socket_body::interrupt_all(interruption why) {
  interrupt(lane_name::read, why);
  interrupt(lane_name::write, why);
  interrupt(lane_name::handshake, why);
}

void socket_body::set_alarm(lane_name who) {
  lane& l = at(who);
  if (l.alarm && l.alarm->expiry() <= l.until) return;
  if (!l.alarm) l.alarm = std::make_unique<asio::steady_timer>(executor());
  l.alarm->expires_at(l.until);
  l.alarm->async_wait([weak = weak_from_this(), who](std::error_code failure) {
    if (failure) return;
    if (const ptr self = weak.lock()) self->alarm_rings(who);
  });
}

void socket_body::alarm_rings(lane_name who) {
  if (find(who) == nullptr) return;
  lane& l = at(who);
  l.alarm.reset();
  if (!l.busy || l.until == lane::never) return;
  if (l.is_over()) {
    interrupt(who, interruption::timed_out);
  } else {
    set_alarm(who);
  }
}

void socket_body::set_own(direction d, lane::clock::time_point point, lane::clock::duration each) {
  for (const auto& [named, who] :
       {std::pair(direction::read, lane_name::read), std::pair(direction::write, lane_name::write)}) {
    if (d != direction::both && d != named) continue;
    own_.at(static_cast<std::size_t>(who)) = {point, each};
  }
}

void socket_body::close(interruption why) {
  if (closed_) return;
  interrupt_all(why);
  closed_ = true;
  io_.close();
  for (lane& l : lanes_) l.alarm.reset();
  for (const auto& l : rare_) {
    if (l) l->alarm.reset();
  }
}

// -- the verbs

task<std::size_t> socket_body::recv(ptr self, std::span<std::byte> into, expires e) {
  static constexpr const char* verb = "recv";
  static constexpr lane_name who = lane_name::read;
  const turn t(*self, who, verb, e);
  if (!t) co_return fail(self->refusal(who, verb));
  if (!self->io_.is_open()) co_return fail(errc::invalid_state, "recv: the socket is not connected");
  if (into.empty()) co_return fail(errc::invalid_argument, "recv: no room for a single byte");
  if (self->wants_pause(who)) {
    if (auto stop = co_await self->pause(who)) co_return fail(std::move(*stop));
  }
  for (;;) {
    if (self->read_shut_) co_return std::size_t{0};
    const io_result r = self->io_.try_read(into);
    if (r.ok()) co_return r.bytes;
    if (r.status == io_status::eof) co_return std::size_t{0};
    if (r.status == io_status::error) co_return fail(system_failure(verb, errno));
    if (self->io_.look_again()) continue;
    if (auto stop = self->before_wait(who)) co_return fail(std::move(*stop));
    co_await self->wait(who, readiness::to_read);
    if (auto stop = self->after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return fail(std::move(*stop));
  }
}

task<> socket_body::send(ptr self, std::span<const std::byte> from, expires e) {
  static constexpr const char* verb = "send";
  static constexpr lane_name who = lane_name::write;
  const turn t(*self, who, verb, e);
  if (!t) co_return fail(self->refusal(who, verb));
  if (!self->io_.is_open()) co_return fail(errc::invalid_state, "send: the socket is not connected");
  std::size_t sent = 0;
  const auto stopped_there = [&](error why) {
    why.transferred = sent;
    return fail(std::move(why));
  };
  while (sent < from.size()) {
    if (self->wants_pause(who)) {
      if (auto stop = co_await self->pause(who)) co_return stopped_there(std::move(*stop));
    }
    const io_result r = self->io_.try_write(from.subspan(sent));
    if (r.ok()) {
      sent += r.bytes;
      continue;
    }
    if (r.status == io_status::error) co_return stopped_there(system_failure(verb, errno));
    if (auto stop = self->before_wait(who)) co_return stopped_there(std::move(*stop));
    co_await self->wait(who, readiness::to_write);
    if (auto stop = self->after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return stopped_there(std::move(*stop));
  }
  co_return result<void>();
}

result<void> socket_body::set_option(int level, int name, std::span<const std::byte> value) {
  if (closed_) return fail(errc::closed, "set_option: the socket is closed");
  if (!io_.is_open()) {
    if (!early_) early_ = std::make_unique<early_options>();
    early_->add(level, name, value);
    return {};
  }
  if (::setsockopt(io_.descriptor(), level, name, value.data(), static_cast<socklen_t>(value.size())) == 0)
    return {};
  return fail(system_failure("set_option", errno));
}

result<void> socket_body::apply_early_options() {
  if (!early_) return {};
  const std::error_code refused = early_->apply(io_.descriptor());
  if (!refused) return {};
  io_.close();
  return fail(system_failure("set_option", refused.value()));
}

result<void> socket_body::shutdown(direction d) {
  if (closed_) return fail(errc::closed, "shutdown: the socket is closed");
  if (!io_.is_open()) return fail(errc::invalid_state, "shutdown: the socket is not connected");
  if (d != direction::write) read_shut_ = true;
  const int how = d == direction::both ? SHUT_RDWR : d == direction::read ? SHUT_RD : SHUT_WR;
  if (::shutdown(io_.descriptor(), how) == 0) return {};
  return fail(system_failure("shutdown", errno));
}

STLS_NAMESPACE_END
