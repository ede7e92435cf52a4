// tight: sockets with so little room in the system that every verb has to wait.
#pragma once

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace stls::test {

// small_segments is for a listener, before anyone connects. Loopback's own segments are larger than small
// buffers, and would then go one at a time, by a timer of the system.
inline void small_segments(int listener) {
  const int size = 536;
  EXPECT_EQ(::setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size), 0);
}

inline void small_buffers(int connected) {
  const int size = 4096;
  EXPECT_EQ(::setsockopt(connected, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
  EXPECT_EQ(::setsockopt(connected, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
}

}  // namespace stls::test
