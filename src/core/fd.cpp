#include <stls/fd.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

STLS_NAMESPACE_BEGIN

namespace {

bool is_socket(int descriptor) noexcept {
  struct stat facts {};
  return ::fstat(descriptor, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

bool would_block(int code) noexcept { return code == EAGAIN || code == EWOULDBLOCK; }

// write(2) to a pipe has no MSG_NOSIGNAL. The signal is held back in this thread while it may arise, and
// taken away if it did; one that was pending before is not ours to take.
ssize_t write_without_signal(int descriptor, std::span<const std::byte> from) noexcept {
  sigset_t pipe_signal;
  sigset_t pending;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigemptyset(&pending);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t n = ::write(descriptor, from.data(), from.size());
  const int code = errno;
  if (n < 0 && code == EPIPE && !was_pending) {
    const timespec no_time{};
    while (sigtimedwait(&pipe_signal, nullptr, &no_time) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = code;
  return n;
}

}  // namespace

fd::fd(int read_from, int write_to) noexcept
    : read_(read_from), write_(write_to), write_is_socket_(is_socket(write_to)) {}

io_result fd::read(std::span<std::byte> into) noexcept {
  for (;;) {
    const ssize_t n = ::read(read_, into.data(), into.size());
    if (n > 0) return {static_cast<std::size_t>(n), io_status::ok};
    if (n == 0) return {0, io_status::eof};
    if (would_block(errno)) return {0, io_status::want_read};
    if (errno != EINTR) return {0, io_status::error};
  }
}

io_result fd::write(std::span<const std::byte> from) noexcept {
  for (;;) {
    const ssize_t n = write_is_socket_ ? ::send(write_, from.data(), from.size(), MSG_NOSIGNAL)
                                       : write_without_signal(write_, from);
    if (n > 0) return {static_cast<std::size_t>(n), io_status::ok};
    if (n < 0 && would_block(errno)) return {0, io_status::want_write};
    if (n < 0 && errno == EINTR) continue;
    return {0, io_status::error};
  }
}

STLS_NAMESPACE_END
