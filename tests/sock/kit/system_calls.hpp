// system_calls: how many system calls each thread made for sockets and their loop.
#pragma once

#include <cstddef>

namespace stls::test::system_calls {

// counted says whether the numbers mean anything: not under sanitizers, nor with another libc than glibc.
bool counted() noexcept;

struct counts {
  std::size_t receives = 0;       // recv, recvmsg
  std::size_t sends = 0;          // send, sendmsg
  std::size_t waits = 0;          // epoll_wait
  std::size_t registrations = 0;  // epoll_ctl
  std::size_t accepts = 0;        // accept4
  std::size_t others = 0;         // read and write: eventfd, timerfd; timerfd_settime

  [[nodiscard]] counts since(const counts& before) const noexcept {
    counts c;
    c.receives = receives - before.receives;
    c.sends = sends - before.sends;
    c.waits = waits - before.waits;
    c.registrations = registrations - before.registrations;
    c.accepts = accepts - before.accepts;
    c.others = others - before.others;
    return c;
  }
  [[nodiscard]] std::size_t all() const noexcept {
    return receives + sends + waits + registrations + accepts + others;
  }
};

// Of this thread, since it began.
const counts& here() noexcept;

}  // namespace stls::test::system_calls
