// epoll_loop: epoll as servers without a library use it: level-triggered, each socket registered once for
// reading, and changed only when it is full.
#pragma once

#include "loopback/support/epoll_task.hpp"
#include "support/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

namespace bench {

inline int system_must(int answer, const char* what) {
  if (answer < 0) throw failure(std::string(what) + ": " + std::generic_category().message(errno));
  return answer;
}

class epoll_loop {
 public:
  using task = epoll_task<void>;

  // watched is a descriptor in the loop. Its address is what epoll knows.
  class watched {
   public:
    watched(epoll_loop& loop, int descriptor) : loop_(loop), descriptor_(descriptor) {
      loop_.control(EPOLL_CTL_ADD, *this, EPOLLIN);
    }
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;
    ~watched() { ::close(descriptor_); }

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    // until waits for EPOLLIN or EPOLLOUT.
    auto until(std::uint32_t event) {
      if (asked_ != event) loop_.control(EPOLL_CTL_MOD, *this, event);
      return waiting{*this};
    }

   private:
    friend class epoll_loop;
    struct waiting {
      watched& of;
      static bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> who) noexcept { of.waits_ = who; }
      static void await_resume() noexcept {}
    };

    epoll_loop& loop_;
    int descriptor_;
    std::uint32_t asked_ = 0;
    std::coroutine_handle<> waits_;
  };
  using socket = std::unique_ptr<watched>;

  epoll_loop() : epoll_(system_must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}
  epoll_loop(const epoll_loop&) = delete;
  epoll_loop& operator=(const epoll_loop&) = delete;
  ~epoll_loop() { ::close(epoll_); }

  // go has a task run; run returns when all are done, or when one has failed.
  void go(task t) {
    ++running_;
    follow(std::move(t));
  }
  void run() {
    std::array<epoll_event, 128> events{};
    while (running_ != 0 && !failure_) {
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (n < 0 && errno != EINTR) system_must(n, "epoll_wait");
      for (int i = 0; i < n; ++i) {
        auto* const who = static_cast<watched*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (who->waits_) {
          std::exchange(who->waits_, {}).resume();
        } else {
          control(EPOLL_CTL_MOD, *who, 0);  // not now
        }
      }
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, {}));
  }

  // listen_here listens on a port of 127.0.0.1 that the system chooses; port_of tells which.
  socket listen_here() {
    const int descriptor =
        system_must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    socket made = std::make_unique<watched>(*this, descriptor);
    const sockaddr_in name = here(0);
    system_must(::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name), "bind");
    system_must(::listen(descriptor, SOMAXCONN), "listen");
    control(EPOLL_CTL_MOD, *made, EPOLLIN);
    return made;
  }
  static std::uint16_t port_of(const socket& s) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    system_must(getsockname(s->descriptor(), reinterpret_cast<sockaddr*>(&name), &size), "getsockname");
    return ntohs(name.sin_port);
  }

  epoll_task<socket> accept_on(watched& listener) {
    for (;;) {
      co_await listener.until(EPOLLIN);
      const int got = ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (got < 0 && (errno == EAGAIN || errno == ECONNABORTED)) continue;
      system_must(got, "accept4");
      without_delay(got);
      co_return std::make_unique<watched>(*this, got);
    }
  }

  epoll_task<socket> connect_to(std::uint16_t port) {
    const int descriptor =
        system_must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    without_delay(descriptor);
    const sockaddr_in name = here(port);
    const int answer = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    if (answer < 0 && errno != EINPROGRESS) system_must(answer, "connect");
    socket made = std::make_unique<watched>(*this, descriptor);
    if (answer < 0) co_await made->until(EPOLLOUT);
    co_return made;
  }

 private:
  // A coroutine that nobody awaits, and that frees itself.
  struct followed {
    struct promise_type {
      static followed get_return_object() noexcept { return {}; }
      static std::suspend_never initial_suspend() noexcept { return {}; }
      static std::suspend_never final_suspend() noexcept { return {}; }
      static void return_void() noexcept {}
      static void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  followed follow(task t) {
    try {
      co_await t;
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
    }
    --running_;
  }

  static sockaddr_in here(std::uint16_t port) noexcept {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
  }
  static void without_delay(int descriptor) {
    const int on = 1;
    system_must(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  }
  void control(int how, watched& what, std::uint32_t event) {
    epoll_event e{};
    e.events = event;
    e.data.ptr = &what;
    system_must(epoll_ctl(epoll_, how, what.descriptor_, &e), "epoll_ctl");
    what.asked_ = event;
  }

  int epoll_;
  int running_ = 0;
  std::exception_ptr failure_;
};

}  // namespace bench
