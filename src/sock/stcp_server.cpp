#include <stls/sock/stcp_server.hpp>

#include "base/fail.hpp"
#include "sock/empty_handle.hpp"
#include "sock/handshake_count.hpp"
#include "sock/stcp_body.hpp"

#include <asio/this_coro.hpp>
#include <stls/connection.hpp>

#include <mutex>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

// server_body is what an stcp_server stands for. A verb that waits holds it.
class server_body {
 public:
  using ptr = std::shared_ptr<server_body>;

  server_body(server by, const server_options& options)
      : handshake_timeout(options.handshake_timeout),
        handshakes(std::make_shared<handshake_count>(options.max_pending_handshakes)),
        proxies(options.proxy_protocol_from),
        tls_(std::move(by)) {}

  tcp lower;
  std::chrono::steady_clock::duration handshake_timeout;
  std::shared_ptr<handshake_count> handshakes;
  std::vector<network> proxies;

  [[nodiscard]] server tls() const {
    const std::lock_guard lock(swap_);
    return tls_;
  }

  // Whoever accepts does not wait while a config is compiled. One reload follows the other: the keys of
  // tickets go from each config to the next. What belongs to the application, on_warning and all that an old
  // config holds, may use this server, so it runs and goes while nothing is locked.
  result<void> reload(const config& conf) {
    if (!server::make(conf)) {
      // The one that serves refuses it again, with a warning; unless it was memory that was short.
      if (auto refused = tls().reset(conf); !refused) return refused;
    }
    server next;
    const std::lock_guard turn(reload_);
    next = tls();
    if (auto done = next.reset(conf); !done) return done;
    const std::lock_guard lock(swap_);
    std::swap(tls_, next);
    return {};
  }

 private:
  std::mutex reload_;
  mutable std::mutex swap_;
  server tls_;
};

stcp_server::stcp_server() noexcept = default;
stcp_server::stcp_server(std::shared_ptr<server_body> body) noexcept : body_(std::move(body)) {}
stcp_server::stcp_server(stcp_server&&) noexcept = default;

stcp_server& stcp_server::operator=(stcp_server&& other) noexcept {
  if (this == &other) return *this;
  if (body_) body_->lower = tcp();
  body_ = std::move(other.body_);
  return *this;
}

stcp_server::~stcp_server() {
  if (body_) body_->lower = tcp();
}

// The handle may be moved or destroyed while it waits.
task<stcp> stcp_server::accept_on(std::shared_ptr<server_body> self, std::shared_ptr<socket_body> listener,
                                  expires e) {
  auto lower = co_await socket_body::accept(std::move(listener), self->handshakes, e);
  if (!lower) co_return fail(std::move(lower.error()));
  co_return guarded([&] {
    return stcp_body::make_server(tcp(std::move(*lower)), self->tls(), self->handshake_timeout,
                                  pending_handshake(self->handshakes), self->proxies);
  }).map([](auto made) { return stcp(std::move(made)); });
}

task<stcp> stcp_server::accept(expires e) {
  return body_ ? accept_on(body_, body_->lower.body_, e) : empty_task<stcp>("accept");
}

result<void> stcp_server::reload(const config& conf) {
  if (!body_) return empty_handle("reload");
  return guarded([&] { return body_->reload(conf); });
}

task<> stcp_server::close(expires e) { return body_ ? body_->lower.close(e) : empty_task<void>("close"); }

void stcp_server::cancel() { lower().cancel(); }
bool stcp_server::closed() const noexcept { return !body_ || body_->lower.closed(); }

result<address> stcp_server::local() const { return body_ ? body_->lower.local() : empty_handle("local"); }

tcp& stcp_server::lower() noexcept {
  thread_local tcp none;  // answers as an empty one does
  return body_ ? body_->lower : none;
}

asio::any_io_executor stcp_server::get_executor() const noexcept {
  return body_ ? body_->lower.get_executor() : asio::any_io_executor();
}

result<stcp_server> server_stcp(tcp&& listener, const config& conf, const server_options& options) {
  return guarded([&]() -> result<stcp_server> {
    if (listener.native_handle() < 0)
      return fail(errc::invalid_state, "server_stcp: the socket does not listen");
    if (options.max_pending_handshakes == 0)
      return fail(errc::invalid_argument, "max_pending_handshakes: must be 1 at least");
    auto by = server::make(conf);
    if (!by) return fail(std::move(by.error()));
    auto body = std::make_shared<server_body>(std::move(*by), options);
    body->lower = std::move(listener);
    return stcp_server(std::move(body));
  });
}

namespace {

task<stcp_server> listening(std::string host, std::uint16_t port, config conf, server_options options) {
  const asio::any_io_executor ex = co_await asio::this_coro::executor;
  tcp lower(ex);
  if (auto done = co_await lower.bind(host, port); !done) co_return fail(std::move(done.error()));
  if (auto done = lower.listen(options.backlog); !done) co_return fail(std::move(done.error()));
  co_return server_stcp(std::move(lower), conf, options);
}

}  // namespace

task<stcp_server> listen(std::string_view host, std::uint16_t port, config conf, server_options options) {
  return listening(std::string(host), port, std::move(conf), std::move(options));
}

STLS_NAMESPACE_END
