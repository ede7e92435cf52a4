#include "loopback/support/system_calls.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

// The functions of libc for what sockets do again and again, in its place: a program's own go first, for its
// libraries too. Peers have one thread, so an addition is enough.

namespace {

std::atomic<std::uint64_t> nowhere{0};
std::atomic<std::uint64_t>* count = &nowhere;

template <class... Arguments>
long counted(long number, Arguments... arguments) noexcept {
  count->store(count->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return ::syscall(number, arguments...);
}

}  // namespace

extern "C" {
ssize_t read(int fd, void* into, size_t size) { return counted(SYS_read, fd, into, size); }
ssize_t write(int fd, const void* from, size_t size) { return counted(SYS_write, fd, from, size); }
ssize_t readv(int fd, const iovec* parts, int number) { return counted(SYS_readv, fd, parts, number); }
ssize_t writev(int fd, const iovec* parts, int number) { return counted(SYS_writev, fd, parts, number); }
ssize_t recv(int fd, void* into, size_t size, int flags) {
  return counted(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) { return counted(SYS_recvmsg, fd, message, flags); }
ssize_t send(int fd, const void* from, size_t size, int flags) {
  return counted(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) { return counted(SYS_sendmsg, fd, message, flags); }
int epoll_wait(int epoll, epoll_event* events, int most, int milliseconds) {
  return static_cast<int>(counted(SYS_epoll_pwait, epoll, events, most, milliseconds, nullptr, 8));
}
int epoll_ctl(int epoll, int how, int fd, epoll_event* event) noexcept {
  return static_cast<int>(counted(SYS_epoll_ctl, epoll, how, fd, event));
}
int timerfd_settime(int fd, int flags, const itimerspec* to, itimerspec* was) noexcept {
  return static_cast<int>(counted(SYS_timerfd_settime, fd, flags, to, was));
}
}

namespace bench::system_calls {

void count_in(std::atomic<std::uint64_t>& counter) noexcept { count = &counter; }

}  // namespace bench::system_calls
