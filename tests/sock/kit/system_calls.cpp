// Functions of libc, replaced for the whole test program by ones that count. Sanitizers have their own.
#include "sock/kit/system_calls.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STLS_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define STLS_TEST_SANITIZED 1
#endif
#endif

#include <cstdlib>  // tells which libc it is

#if defined(__GLIBC__) && !defined(STLS_TEST_SANITIZED)
#define STLS_TEST_COUNTS_CALLS 1
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace stls::test::system_calls {
namespace {
thread_local counts of_this_thread;
}

const counts& here() noexcept { return of_this_thread; }

#if defined(STLS_TEST_COUNTS_CALLS)
bool counted() noexcept { return true; }
counts& mine() noexcept { return of_this_thread; }
#else
bool counted() noexcept { return false; }
#endif

}  // namespace stls::test::system_calls

#if defined(STLS_TEST_COUNTS_CALLS)

using stls::test::system_calls::mine;

extern "C" {
ssize_t recv(int s, void* into, size_t size, int flags) {
  ++mine().receives;
  return ::syscall(SYS_recvfrom, s, into, size, flags, nullptr, nullptr);
}
ssize_t recvmsg(int s, msghdr* message, int flags) {
  ++mine().receives;
  return ::syscall(SYS_recvmsg, s, message, flags);
}
ssize_t send(int s, const void* from, size_t size, int flags) {
  ++mine().sends;
  return ::syscall(SYS_sendto, s, from, size, flags, nullptr, 0);
}
ssize_t sendmsg(int s, const msghdr* message, int flags) {
  ++mine().sends;
  return ::syscall(SYS_sendmsg, s, message, flags);
}
int epoll_wait(int poll, epoll_event* events, int most, int timeout) {
  ++mine().waits;
  return static_cast<int>(::syscall(SYS_epoll_pwait, poll, events, most, timeout, nullptr, 0));
}
int epoll_ctl(int poll, int how, int fd, epoll_event* event) noexcept {
  ++mine().registrations;
  return static_cast<int>(::syscall(SYS_epoll_ctl, poll, how, fd, event));
}
int accept4(int s, sockaddr* name, socklen_t* size, int flags) {
  ++mine().accepts;
  return static_cast<int>(::syscall(SYS_accept4, s, name, size, flags));
}
ssize_t read(int fd, void* into, size_t size) {
  ++mine().others;
  return ::syscall(SYS_read, fd, into, size);
}
ssize_t write(int fd, const void* from, size_t size) {
  ++mine().others;
  return ::syscall(SYS_write, fd, from, size);
}
int timerfd_settime(int fd, int flags, const itimerspec* at, itimerspec* before) noexcept {
  ++mine().others;
  return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, at, before));
}
}

#endif
