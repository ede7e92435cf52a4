// The handshake of an stcp_body, what a proxy says before it, its alarm, and the verbs that ask for it alone.
#include "sock/stcp_body.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/proxy_header.hpp"
#include "sock/system_failure.hpp"

#include <asio/this_coro.hpp>
#include <stls/buffering.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::chrono::seconds handshake_limit{30};

}  // namespace

// driving wakes who waits for the handshake, however it ended.
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
    const io_result r = advance();
    flush_or_pump();
    if (!r.wants()) {
      settle(r.ok());
      if (r.ok()) co_return nullptr;
      co_return std::make_unique<error>(last_error());
    }
    if (s.io().look_again()) continue;
    if (auto stop = s.before_wait(who)) co_return reworded(std::move(stop));
    lend_carry();
    co_await s.wait(who, readiness::to_read);
    if (auto stop = s.after_wait(who, co_await asio::this_coro::cancellation_state))
      co_return reworded(std::move(stop));
  }
}

io_result stcp_body::advance() {
  if (proxied_ && !proxied_->client) {
    const io_result r = hear_proxy();
    if (!r.ok()) return r;
  }
  return tls_.handshake();
}

// ok: there is no header to wait for any more.
io_result stcp_body::hear_proxy() noexcept {
  if (!proxied_->failure) {
    auto heard = guarded([&] { return receive_proxy_header(); });
    if (heard) return {0, *heard ? io_status::ok : io_status::want_read};
    // Bytes may be lost. What follows them must never be taken for a header.
    proxied_->failure = composed([&] {
      heard.error().message.insert(0, "handshake failed: ");
      return std::move(heard.error());
    });
  }
  return {0, io_status::error};
}

// false: more must come. What comes behind the header is carried, for the engine.
result<bool> stcp_body::receive_proxy_header() {
  std::array<std::byte, proxy_header::longest> piece;
  for (;;) {
    const io_result r = socket().io().try_read(piece);
    if (r.wants()) return false;
    if (r.status == io_status::error) return fail(system_failure("PROXY header", errno));
    if (r.status == io_status::eof) {
      const std::string came = std::to_string(carry_ ? carry_->size() : 0);
      return fail(errc::truncated, cat({"PROXY header: connection ended after ", came, " bytes"}));
    }
    touched_ = true;
    auto& all = carry();
    all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(r.bytes));
    auto header = read_proxy_header(all);
    if (!header) return fail(std::move(header.error()));
    if (!*header) continue;
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>((*header)->size));
    if ((*header)->of_tcp) {
      proxied_->client = std::move((*header)->of_tcp->source);
    } else {
      proxied_.reset();
    }
    return true;
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

STLS_NAMESPACE_END
