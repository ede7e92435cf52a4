#include "sock/stcp_body.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/as_tuple.hpp"

#include <asio/bind_executor.hpp>
#include <asio/this_coro.hpp>
#include <stls/buffering.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::chrono::seconds handshake_limit{30};
constexpr std::chrono::seconds close_limit{2};

// A verb with more room than that receives into memory of the thread first: many records for one system call.
// With less, the engine's own buffer does.
constexpr std::size_t small_read = std::size_t{32} * 1024;
constexpr std::size_t staging_size = std::size_t{256} * 1024;

error too_slow() { return {errc::timed_out, "handshake failed: timed out"}; }

// Who waits gives its memory to the next connection of the thread that needs some.
thread_local std::unique_ptr<std::vector<std::byte>> spare_carry;

std::span<std::byte> staging() {
  using memory = std::array<std::byte, staging_size>;
  thread_local const std::unique_ptr<memory> here = std::make_unique_for_overwrite<memory>();
  return *here;
}

}  // namespace

result<stcp_body::ptr> stcp_body::make_client(tcp lower, std::string_view servername, const config& conf,
                                              std::span<const std::byte> session) {
  auto made_client = client::make(conf);
  if (!made_client) return fail(std::move(made_client.error()));
  auto self = std::make_shared<stcp_body>(std::move(lower));
  auto tls = made_client->connect(servername, transport::from(*self), session, buffering::transient);
  if (!tls) return fail(std::move(tls.error()));
  if (self->lower_.native_handle() < 0)
    return fail(errc::invalid_state, "client_stcp: the socket is not connected");
  self->tls_ = std::move(*tls);
  self->client_ = std::move(*made_client);
  self->is_client_ = true;
  return self;
}

result<stcp_body::ptr> stcp_body::make_server(tcp lower, const server& by, clock::duration handshake_timeout,
                                              pending_handshake counted) {
  if (lower.native_handle() < 0) return fail(errc::invalid_state, "accept_stcp: the socket is not connected");
  auto self = std::make_shared<stcp_body>(std::move(lower));
  auto tls = by.accept(transport::from(*self), buffering::transient);
  if (!tls) return fail(std::move(tls.error()));
  self->tls_ = std::move(*tls);
  self->counted_ = std::move(counted);
  const expires limit = expires::after(handshake_timeout);
  self->limit_handshake(limit.is_never() ? lane::never : limit.at());
  return self;
}

// -- errors

error stcp_body::last_error() const {
  error e = tls_.last_error();
  // The system's own word says it best.
  if (e == errc::transport && e.native != 0) e.code = std::error_code(e.native, std::generic_category());
  return e;
}

stop_reason stcp_body::reworded(stop_reason stop) const {
  if (handshake_timed_out_) *stop = too_slow();
  return stop;
}

error stcp_body::refusal(lane_name who, const char* verb) const {
  if (closed_) return {errc::closed, cat({verb, ": the socket is closed"})};
  return handshake_timed_out_ ? too_slow() : lower_.body_->refusal(who, verb);
}

// -- the transport

io_result stcp_body::read(std::span<std::byte> into) noexcept {
  touched_ = true;
  const io_result r = receive(into);
  heard_ = heard_ || (established_ && r.ok()) || r.status == io_status::eof;
  return r;
}

io_result stcp_body::receive(std::span<std::byte> into) noexcept {
  if (lost_bytes_) {
    errno = ENOMEM;
    return {0, io_status::error};
  }
  if (carry_ && !carry_->empty()) {
    const std::size_t n = std::min(into.size(), carry_->size());
    std::memcpy(into.data(), carry_->data(), n);
    carry_->erase(carry_->begin(), carry_->begin() + static_cast<std::ptrdiff_t>(n));
    return {n, io_status::ok};
  }
  if (staged_.empty()) {
    if (room_ <= small_read) return socket().io().try_read(into);
    // Plaintext is smaller than what carries it: with that limit all that is received here is used up.
    const auto memory = staging();
    const io_result r = socket().io().try_read(memory.first(std::min(room_, memory.size())));
    if (!r.ok()) return r;
    staged_ = memory.first(r.bytes);
  }
  const std::size_t n = std::min(into.size(), staged_.size());
  std::memcpy(into.data(), staged_.data(), n);
  staged_ = staged_.subspan(n);
  return {n, io_status::ok};
}

io_result stcp_body::write(std::span<const std::byte> from) {
  touched_ = true;
  if (write_failure_ != 0) {
    errno = write_failure_;
    return {0, io_status::error};
  }
  out_.append(from);
  return {from.size(), io_status::ok};
}

io_result stcp_body::read_more(std::span<std::byte> into, std::size_t& got) noexcept {
  io_result r;
  do {
    room_ = into.size() - got;
    r = tls_.recv(into.subspan(got));
    got += r.bytes;
  } while (r.ok() && got < into.size());
  room_ = 0;
  if (!staged_.empty()) keep_staged();
  return r;
}

// What the engine had read before may have filled the caller's room.
void stcp_body::keep_staged() noexcept {
  const auto done = guarded([&]() -> result<void> {
    if (!carry_) carry_ = std::move(spare_carry);
    if (!carry_) carry_ = std::make_unique<std::vector<std::byte>>();
    carry_->assign(staged_.begin(), staged_.end());
    return {};
  });
  lost_bytes_ = !done;
  staged_ = {};
}

io_result stcp_body::flush() noexcept {
  while (!out_.empty()) {
    const io_result r = socket().io().try_write(out_.bytes());
    if (r.wants()) return r;
    if (!r.ok()) {
      write_failure_ = errno;
      out_.clear();
      changed_.wake();
      return r;
    }
    out_.consume(r.bytes);
  }
  if (std::exchange(end_is_due_, false)) ::shutdown(socket().io().descriptor(), SHUT_WR);
  changed_.wake();
  return {};
}

void stcp_body::flush_or_pump() {
  if (out_.empty() && !end_is_due_) return;
  // A verb that waits to write does it.
  socket_body& s = socket();
  if (s.closed() || s.waits(lane_name::write, readiness::to_write) ||
      s.waits(lane_name::close, readiness::to_write)) {
    return;
  }
  if (flush().wants()) start_pump();
}

void stcp_body::start_pump() {
  if (pumping_ || socket().closed()) return;
  pumping_ = true;
  pump_.begin(
      socket().io(), readiness::to_write, [] {},
      asio::bind_executor(socket().executor(), [self = shared_from_this()] {
        self->pumping_ = false;
        self->flush_or_pump();
      }));
}

void stcp_body::stop_pump() noexcept {
  if (pumping_) pump_.wake(socket().io());
}

// -- the handshake

class stcp_body::driving {
 public:
  explicit driving(stcp_body& of) noexcept : of_(of) { of_.driving_ = true; }
  driving(const driving&) = delete;
  driving& operator=(const driving&) = delete;
  ~driving() {
    of_.driving_ = false;
    of_.changed_.wake();
  }

 private:
  stcp_body& of_;
};

asio::awaitable<stop_reason> stcp_body::drive(lane_name who) {
  socket_body& s = socket();
  while (driving_) {
    if (auto stop = s.before_wait(who)) co_return reworded(std::move(stop));
    co_await s.sleep(who, changed_);
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return reworded(std::move(stop));
  }
  if (established_) co_return nullptr;
  const driving it(*this);
  if (is_client_ && !handshake_alarm_ && !handshake_unlimited_)
    limit_handshake(clock::now() + handshake_limit);
  for (;;) {
    const io_result r = tls_.handshake();
    flush_or_pump();
    if (!r.wants()) {
      settle(r.ok());
      if (r.ok()) co_return nullptr;
      co_return std::make_unique<error>(last_error());
    }
    if (s.io().look_again()) continue;
    if (auto stop = s.before_wait(who)) co_return reworded(std::move(stop));
    co_await s.wait(who, readiness::to_read);
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return reworded(std::move(stop));
  }
}

void stcp_body::settle(bool established) {
  established_ = established;
  handshake_alarm_.reset();
  counted_ = {};
  client_ = client();
}

void stcp_body::limit_handshake(clock::time_point at) {
  handshake_alarm_.reset();
  handshake_unlimited_ = at == lane::never;
  if (handshake_unlimited_) return;
  handshake_alarm_ = std::make_unique<asio::steady_timer>(socket().executor(), at);
  handshake_alarm_->async_wait([weak = weak_from_this()](std::error_code stopped) {
    const ptr self = weak.lock();
    if (self && !stopped) self->handshake_took_too_long();
  });
}

// Whoever asks for a longer handshake shall have it.
void stcp_body::extend_handshake(expires e) {
  if (established_ || e.is_own()) return;
  if (e.is_never()) {
    limit_handshake(lane::never);
  } else if (!handshake_unlimited_) {
    const auto usual = handshake_alarm_ ? handshake_alarm_->expiry() : clock::now() + handshake_limit;
    if (e.at() > usual) limit_handshake(e.at());
  }
}

void stcp_body::handshake_took_too_long() {
  if (established_ || closed_) return;
  handshake_timed_out_ = true;
  counted_ = {};
  socket().close(interruption::timed_out);
}

// -- the verbs

task<> stcp_body::handshake(ptr self, expires e) {
  static constexpr const char* verb = "handshake";
  static constexpr lane_name who = lane_name::handshake;
  if (self->established_ && !self->closed_) co_return result<void>();
  const socket_body::turn t(self->socket(), who, verb, e);
  if (self->closed_ || !t) co_return fail(self->refusal(who, verb));
  self->extend_handshake(e);
  if (auto stop = co_await self->drive(who)) co_return fail(std::move(*stop));
  co_return result<void>();
}

task<> stcp_body::connect(ptr self, std::string vhost, expires e) {
  if (!self->is_client_) co_return fail(errc::invalid_state, "connect: this is the server's end");
  if (!vhost.empty() && !self->closed_) {
    if (!self->touched_) {
      auto tls = self->client_.connect(vhost, transport::from(*self), {}, buffering::transient);
      if (!tls) co_return fail(std::move(tls.error()));
      self->tls_ = std::move(*tls);
    } else if (self->tls_.info().servername != vhost) {
      co_return fail(errc::invalid_state, "connect: the handshake has begun under another name");
    }
  }
  co_return co_await handshake(self, e);
}

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
      if (self->carry_ && self->carry_->empty()) spare_carry = std::move(self->carry_);
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
