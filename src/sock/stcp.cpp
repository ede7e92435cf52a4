#include <stls/sock/stcp.hpp>

#include "base/fail.hpp"
#include "sock/empty_handle.hpp"
#include "sock/stcp_body.hpp"
#include "sock/whole_stream.hpp"

#include <utility>

STLS_NAMESPACE_BEGIN

using whole = whole_stream<stcp_body>;

stcp::stcp() noexcept = default;
stcp::stcp(std::shared_ptr<stcp_body> body) noexcept : body_(std::move(body)) {}
stcp::stcp(stcp&&) noexcept = default;

stcp& stcp::operator=(stcp&& other) noexcept {
  if (this == &other) return *this;
  if (body_) body_->abandon();
  body_ = std::move(other.body_);
  return *this;
}

stcp::~stcp() {
  if (body_) body_->abandon();
}

task<> stcp::handshake(expires e) {
  return body_ ? stcp_body::handshake(body_, e) : empty_task<void>("handshake");
}

task<> stcp::connect(std::string_view vhost, expires e) {
  if (!body_) return empty_task<void>("connect");
  return stcp_body::connect(body_, std::string(vhost), e);
}

task<std::size_t> stcp::recv(std::span<std::byte> into, expires e) {
  return body_ ? stcp_body::recv(body_, into, e) : empty_task<std::size_t>("recv");
}

task<> stcp::send(std::span<const std::byte> from, expires e) {
  return body_ ? stcp_body::send(body_, from, e) : empty_task<void>("send");
}

task<> stcp::recvn(std::span<std::byte> into, expires e) {
  return body_ ? whole::recvn(body_, into, e) : empty_task<void>("recvn");
}

task<> stcp::recvall(std::vector<std::byte>& into, std::size_t limit, expires e) {
  return body_ ? whole::recvall(body_, into, limit, e) : empty_task<void>("recvall");
}

task<reader> stcp::recvall_read(std::size_t limit, expires e) {
  return body_ ? whole::recvall_read(body_, limit, e) : empty_task<reader>("recvall_read");
}

task<> stcp::shutdown(direction d, expires e) {
  return body_ ? stcp_body::shutdown(body_, d, e) : empty_task<void>("shutdown");
}

task<> stcp::close(expires e) { return body_ ? stcp_body::close(body_, e) : empty_task<void>("close"); }

void stcp::setexpires(direction d, std::chrono::steady_clock::time_point at) { lower().setexpires(d, at); }
void stcp::settimeout(direction d, std::chrono::steady_clock::duration each) { lower().settimeout(d, each); }
void stcp::cancel() { lower().cancel(); }
bool stcp::closed() const noexcept { return !body_ || body_->closed(); }

const conn_info& stcp::info() const {
  static const conn_info nothing;
  return body_ ? body_->tls().info() : nothing;
}

result<std::vector<std::byte>> stcp::export_session() {
  return body_ ? body_->tls().export_session() : empty_handle("export_session");
}

result<address> stcp::local() const { return body_ ? body_->lower().local() : empty_handle("local"); }
result<address> stcp::remote() const { return body_ ? body_->remote() : empty_handle("remote"); }

tcp& stcp::lower() noexcept {
  thread_local tcp none;  // answers as an empty one does
  return body_ ? body_->lower() : none;
}

asio::any_io_executor stcp::get_executor() const noexcept {
  return body_ ? body_->socket().executor() : asio::any_io_executor();
}

result<stcp> client_stcp(tcp&& lower, std::string_view servername, const config& conf,
                         std::span<const std::byte> session) {
  return guarded([&]() -> result<stcp> {
    auto body = stcp_body::make_client(std::move(lower), servername, conf, session);
    if (!body) return fail(std::move(body.error()));
    return stcp(std::move(*body));
  });
}

result<stcp> accept_stcp(tcp&& lower, const config& conf,
                         std::chrono::steady_clock::duration handshake_timeout) {
  return guarded([&]() -> result<stcp> {
    auto by = server::make(conf);
    if (!by) return fail(std::move(by.error()));
    auto body = stcp_body::make_server(std::move(lower), *by, handshake_timeout, {}, {});
    if (!body) return fail(std::move(body.error()));
    return stcp(std::move(*body));
  });
}

namespace {

task<stcp> connected(std::string host, std::uint16_t port, config conf, expires e) {
  const asio::any_io_executor ex = co_await asio::this_coro::executor;
  tcp lower(ex);
  // One deadline for all of it.
  if (auto done = co_await lower.connect(host, port, e); !done) co_return fail(std::move(done.error()));
  auto made = client_stcp(std::move(lower), host, conf);
  if (!made) co_return made;
  if (auto done = co_await made->handshake(e); !done) co_return fail(std::move(done.error()));
  co_return made;
}

}  // namespace

task<stcp> connect(std::string_view host, std::uint16_t port, config conf, expires e) {
  return connected(std::string(host), port, std::move(conf), e);
}

STLS_NAMESPACE_END
