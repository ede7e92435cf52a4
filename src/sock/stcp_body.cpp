#include "sock/stcp_body.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#include <stls/buffering.hpp>

#include <algorithm>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

error too_slow() { return {errc::timed_out, "handshake failed: timed out"}; }

}  // namespace

result<stcp_body::ptr> stcp_body::make_client(tcp&& lower, std::string_view servername, const config& conf,
                                              std::span<const std::byte> session) {
  auto made_client = client::make(conf);
  if (!made_client) return fail(std::move(made_client.error()));
  if (lower.native_handle() < 0) return fail(errc::invalid_state, "client_stcp: the socket is not connected");
  auto self = std::make_shared<stcp_body>(std::move(lower));
  auto tls = made_client->connect(servername, transport::from(*self), session, buffering::transient);
  if (!tls) {
    lower = std::move(self->lower_);
    return fail(std::move(tls.error()));
  }
  self->tls_ = std::move(*tls);
  self->client_ = std::move(*made_client);
  self->is_client_ = true;
  return self;
}

result<stcp_body::ptr> stcp_body::make_server(tcp&& lower, const server& by,
                                              clock::duration handshake_timeout, pending_handshake counted,
                                              std::span<const network> proxies) {
  if (lower.native_handle() < 0) return fail(errc::invalid_state, "accept_stcp: the socket is not connected");
  auto self = std::make_shared<stcp_body>(std::move(lower));
  auto tls = by.accept(transport::from(*self), buffering::transient);
  if (!tls) {
    lower = std::move(self->lower_);
    return fail(std::move(tls.error()));
  }
  self->tls_ = std::move(*tls);
  self->counted_ = std::move(counted);
  if (!proxies.empty()) {
    // A peer whose address the system cannot tell any more is none of them.
    const auto peer = self->lower_.remote();
    if (peer && std::any_of(proxies.begin(), proxies.end(), [&](const network& n) { return n.holds(*peer); }))
      self->proxied_ = std::make_unique<proxied>();
  }
  const expires limit = expires::after(handshake_timeout);
  self->limit_handshake(limit.is_never() ? lane::never : limit.at());
  return self;
}

result<address> stcp_body::remote() {
  if (proxied_ && proxied_->client) return *proxied_->client;
  return lower_.remote();
}

error stcp_body::last_error() const {
  if (proxied_ && proxied_->failure) return *proxied_->failure;
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

STLS_NAMESPACE_END
