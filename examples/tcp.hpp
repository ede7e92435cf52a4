// Plain TCP for the examples, blocking. Nothing in this file is about TLS.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include "descriptor.hpp"

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

inline address_list resolve(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (status != 0) throw std::runtime_error(host + " port " + port + ": " + ::gai_strerror(status));
  return {found, &::freeaddrinfo};
}

// send_at_once turns off Nagle's delay, which costs 40 ms wherever a handshake or a request is several small
// writes.
inline void send_at_once(const descriptor& socket) {
  const int on = 1;
  if (::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) throw_errno("setsockopt");
}

// tcp_connect tries the addresses of a host one after another.
inline descriptor tcp_connect(const std::string& host, const std::string& port) {
  const address_list addresses = resolve(host, port, 0);
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    descriptor socket(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    if (socket.get() >= 0 && ::connect(socket.get(), a->ai_addr, a->ai_addrlen) == 0) {
      send_at_once(socket);
      return socket;
    }
  }
  throw_errno("connect to " + host + " port " + port);
}

// tcp_listen listens at the first address of a host. Port 0 lets the system choose one.
inline descriptor tcp_listen(const std::string& host, const std::string& port) {
  const address_list a = resolve(host, port, AI_PASSIVE);
  descriptor socket(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
  const int on = 1;
  if (socket.get() < 0 || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), a->ai_addr, a->ai_addrlen) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    throw_errno("listen at " + host + " port " + port);
  }
  send_at_once(socket);  // accepted sockets inherit it
  return socket;
}

// tcp_accept waits for the next client. One that is gone again before its turn is passed over.
inline descriptor tcp_accept(const descriptor& listener) {
  for (;;) {
    const int accepted = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) return descriptor(accepted);
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) throw_errno("accept");
  }
}

// tcp_port is the port that a listening socket has.
inline int tcp_port(const descriptor& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw_errno("getsockname");
  // The port stands at the same place in IPv4 and IPv6 addresses.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// set_patience lets each read and write of a blocking socket wait for so many seconds, not for ever.
inline void set_patience(const descriptor& socket, int seconds) {
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
    throw_errno("setsockopt");
  }
}

// finish_sending says that nothing more will be sent, and waits for the other side's end: to close a socket
// on unread bytes could reset the connection before the other side has read everything.
inline void finish_sending(const descriptor& socket) {
  char ignored[1024];
  if (::shutdown(socket.get(), SHUT_WR) != 0) return;  // the other side is gone already
  while (::read(socket.get(), ignored, sizeof ignored) > 0) {
  }
}
