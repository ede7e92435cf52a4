#include <stls/sock/tcp.hpp>

#include "base/fail.hpp"
#include "sock/empty_handle.hpp"
#include "sock/socket_body.hpp"
#include "sock/whole_stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

STLS_NAMESPACE_BEGIN

using whole = whole_stream<socket_body>;

namespace {

task<> shut(socket_body::ptr self, direction d) { co_return self->shutdown(d); }

task<> closed_now(socket_body::ptr self) {
  self->close();
  co_return result<void>();
}

}  // namespace

tcp::tcp() noexcept = default;
tcp::tcp(asio::any_io_executor ex, int family) : body_(std::make_shared<socket_body>(ex, family)) {}
tcp::tcp(std::shared_ptr<socket_body> body) noexcept : body_(std::move(body)) {}
tcp::tcp(tcp&&) noexcept = default;

tcp& tcp::operator=(tcp&& other) noexcept {
  if (this == &other) return *this;
  if (body_) body_->close();
  body_ = std::move(other.body_);
  return *this;
}

tcp::~tcp() {
  if (body_) body_->close();
}

result<tcp> tcp::adopt(asio::any_io_executor ex, int descriptor) {
  tcp made(std::move(ex));
  if (auto done = made.body_->io().adopt(descriptor); !done) return fail(std::move(done.error()));
  return made;
}

task<> tcp::connect(std::string_view host, std::uint16_t port, expires e) {
  if (!body_) return empty_task<void>("connect");
  return socket_body::connect(body_, std::string(host), port, e);
}

task<> tcp::bind(std::string_view host, std::uint16_t port) {
  if (!body_) return empty_task<void>("bind");
  return socket_body::bind(body_, std::string(host), port);
}

result<void> tcp::listen(int backlog) { return body_ ? body_->listen(backlog) : empty_handle("listen"); }

task<tcp> tcp::accept_on(std::shared_ptr<socket_body> listener, expires e) {
  auto made = co_await socket_body::accept(std::move(listener), nullptr, e);
  if (!made) co_return fail(std::move(made.error()));
  co_return tcp(std::move(*made));
}

task<tcp> tcp::accept(expires e) { return body_ ? accept_on(body_, e) : empty_task<tcp>("accept"); }

task<std::size_t> tcp::recv(std::span<std::byte> into, expires e) {
  return body_ ? socket_body::recv(body_, into, e) : empty_task<std::size_t>("recv");
}

task<> tcp::send(std::span<const std::byte> from, expires e) {
  return body_ ? socket_body::send(body_, from, e) : empty_task<void>("send");
}

task<> tcp::recvn(std::span<std::byte> into, expires e) {
  return body_ ? whole::recvn(body_, into, e) : empty_task<void>("recvn");
}

task<> tcp::recvall(std::vector<std::byte>& into, std::size_t limit, expires e) {
  return body_ ? whole::recvall(body_, into, limit, e) : empty_task<void>("recvall");
}

task<reader> tcp::recvall_read(std::size_t limit, expires e) {
  return body_ ? whole::recvall_read(body_, limit, e) : empty_task<reader>("recvall_read");
}

task<> tcp::shutdown(direction d, expires /*e*/) {
  return body_ ? shut(body_, d) : empty_task<void>("shutdown");
}

task<> tcp::close(expires /*e*/) { return body_ ? closed_now(body_) : empty_task<void>("close"); }

void tcp::setexpires(direction d, std::chrono::steady_clock::time_point at) {
  if (body_) body_->set_own(d, at, lane::clock::duration::max());
}

void tcp::settimeout(direction d, std::chrono::steady_clock::duration each) {
  if (body_) body_->set_own(d, lane::never, each);
}

void tcp::cancel() {
  if (body_) body_->interrupt_all(interruption::cancelled);
}

bool tcp::closed() const noexcept { return !body_ || body_->closed(); }

result<address> tcp::local() const { return body_ ? body_->name_of(false) : empty_handle("local"); }
result<address> tcp::remote() const { return body_ ? body_->name_of(true) : empty_handle("remote"); }

int tcp::native_handle() const noexcept { return body_ ? body_->io().descriptor() : -1; }

asio::any_io_executor tcp::get_executor() const noexcept {
  return body_ ? body_->executor() : asio::any_io_executor();
}

asio::generic::stream_protocol tcp::protocol() const noexcept {
  if (body_ && !body_->io().is_open()) return {body_->family(), 0};
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  static_cast<void>(::getsockname(native_handle(), reinterpret_cast<sockaddr*>(&name), &size));
  return {name.ss_family, 0};
}

result<void> tcp::set_raw(int level, int name, const void* data, std::size_t size) {
  if (!body_) return empty_handle("set_option");
  return guarded([&] { return body_->set_option(level, name, {static_cast<const std::byte*>(data), size}); });
}

result<void> tcp::get_raw(int level, int name, void* data, std::size_t& size) const {
  if (!body_) return empty_handle("get_option");
  if (!body_->io().is_open()) return fail(errc::invalid_state, "get_option: the socket is not open");
  auto length = static_cast<socklen_t>(size);
  if (::getsockopt(native_handle(), level, name, data, &length) != 0)
    return fail(system_failure("get_option", errno));
  size = length;
  return {};
}

STLS_NAMESPACE_END
