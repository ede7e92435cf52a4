#include "sock/loop_socket.hpp"

#include "base/fail.hpp"
#include "sock/system_failure.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

STLS_NAMESPACE_BEGIN

namespace {

int family_of(int descriptor) noexcept {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) == 0 ? name.ss_family : -1;
}

bool is_stream(int descriptor) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool set_flag(int descriptor, int level, int name) noexcept {
  const int on = 1;
  return ::setsockopt(descriptor, level, name, &on, sizeof on) == 0;
}

io_result failed(io_status want) noexcept {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, want};
  return {0, io_status::error};
}

}  // namespace

result<void> loop_socket::open(int family) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return fail(system_failure("socket", errno));
  auto done = take(descriptor, family);
  if (!done) ::close(descriptor);
  return done;
}

result<void> loop_socket::adopt(int descriptor) {
  const int family = family_of(descriptor);
  if (family < 0) return fail(system_failure("adopt", errno));
  if (!is_stream(descriptor)) return fail(errc::invalid_argument, "adopt: not a stream socket");
  const int mode = ::fcntl(descriptor, F_GETFL);
  if (mode < 0 || ((mode & O_NONBLOCK) == 0 && ::fcntl(descriptor, F_SETFL, mode | O_NONBLOCK) < 0))
    return fail(system_failure("adopt", errno));
  return take(descriptor, family);
}

result<void> loop_socket::take(int descriptor, int family) {
  std::error_code failure;
  socket_.assign(asio::generic::stream_protocol(family, 0), descriptor, failure);
  if (failure) return fail(system_failure("adopt", failure.value()));
  if (family == AF_INET || family == AF_INET6) {
    set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY);
#ifdef TCP_INQ
    tells_rest_ = set_flag(descriptor, IPPROTO_TCP, TCP_INQ);
#endif
  }
  drained_ = false;
  return {};
}

int loop_socket::connect(const sockaddr* to, socklen_t size) noexcept {
  if (::connect(socket_.native_handle(), to, size) == 0) return 0;
  return errno == EINTR ? EINPROGRESS : errno;
}

int loop_socket::connected() noexcept {
  pollfd now{socket_.native_handle(), POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&now, 1, 0);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return errno;
  if (ready == 0) return EINPROGRESS;
  int failure = 0;
  socklen_t size = sizeof failure;
  return ::getsockopt(now.fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno;
}

void loop_socket::close() noexcept {
  std::error_code ignored;
  socket_.close(ignored);
}

io_result loop_socket::try_read(std::span<std::byte> into) noexcept {
  if (drained_) return {0, io_status::want_read};
  iovec bytes{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof(int))];
  if (tells_rest_) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    const io_result r = failed(io_status::want_read);
    drained_ = r.wants();
    unproven_ = false;
    return r;
  }
  if (n == 0) return {0, io_status::eof};
#ifdef TCP_INQ
  for (cmsghdr* c = tells_rest_ ? CMSG_FIRSTHDR(&message) : nullptr; c != nullptr;
       c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != IPPROTO_TCP || c->cmsg_type != TCP_CM_INQ) continue;
    int left = 0;
    std::memcpy(&left, CMSG_DATA(c), sizeof left);
    drained_ = left == 0;  // the end of the stream counts as one byte; a reset, as none
    unproven_ = drained_;
  }
#endif
  return {static_cast<std::size_t>(n), io_status::ok};
}

io_result loop_socket::try_write(std::span<const std::byte> from) noexcept {
  ssize_t n = 0;
  do {
    n = ::send(socket_.native_handle(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return failed(io_status::want_write);
  unproven_ = false;
  return {static_cast<std::size_t>(n), io_status::ok};
}

STLS_NAMESPACE_END
