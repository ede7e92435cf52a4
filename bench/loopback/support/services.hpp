// services: what the server's process does, on two ports: it sends back what it gets, or takes it in.
#pragma once

#include "loopback/support/message.hpp"
#include "loopback/support/page.hpp"
#include "loopback/support/stack.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

// services runs until the process is ended. A connection that fails says so in the page, and is closed: its
// client notices.
template <stack S>
class services {
 public:
  // `ready` is called when both ports are in the page.
  template <class Ready>
  services(S& by, page& shared, Ready ready) : stack_(by), page_(shared) {
    stack_.go(open(std::move(ready)));
    stack_.run();
  }

 private:
  using task = typename S::task;
  using connection = typename S::connection;
  using listener = typename S::listener;

  template <class Ready>
  task open(Ready ready) {
    listener echoing = co_await stack_.listen();
    listener sinking = co_await stack_.listen();
    page_.echo_port = S::port_of(echoing);
    page_.sink_port = S::port_of(sinking);
    stack_.go(accept(std::move(echoing), &services::echo));
    stack_.go(accept(std::move(sinking), &services::sink));
    ready();
  }

  task accept(listener on, task (services::*service)(connection)) {
    for (;;) {
      connection c = co_await stack_.accept(on);
      stack_.go((this->*service)(std::move(c)));
    }
  }

  task echo(connection c) {
    try {
      S::done(co_await c.begin());
      std::array<std::byte, echo_size> bytes;
      while (const std::size_t n = S::done(co_await c.recv(bytes))) {
        S::done(co_await c.send(std::span(bytes).first(n)));
      }
      S::done(co_await c.close());
    } catch (const std::exception& e) {
      page_.say(e.what());
    }
  }

  task sink(connection c) {
    try {
      S::done(co_await c.begin());
      message expected(chunk_size);
      std::vector<std::byte> got(chunk_size);
      const std::array<std::byte, 1> answer{};
      for (std::uint64_t number = 1;; ++number) {
        S::done(co_await c.recvn(got));
        if (!is_same_chunk(got, expected, number)) throw failure("the payload was changed");
        if (number % chunks_per_answer == 0) S::done(co_await c.send(answer));
      }
    } catch (const std::exception& e) {
      page_.say(e.what());
    }
  }

  S& stack_;
  page& page_;
};

}  // namespace bench
