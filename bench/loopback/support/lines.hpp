// lines: what workloads do over connections.
#pragma once

#include "loopback/support/message.hpp"
#include "loopback/support/meter.hpp"
#include "loopback/support/stack.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

template <stack S>
void expect_of(const typename S::connection& c, bool resumed) {
  if constexpr (is_secure<S>) expect<S>(c.agreed(), resumed);
}

// say_once sends a message on the connection and expects it back.
template <stack S>
typename S::task say_once(typename S::connection& c, message& m, std::uint64_t number) {
  std::array<std::byte, echo_size> got;
  const auto sent = m.numbered(number);
  S::done(co_await c.send(sent));
  S::done(co_await c.recvn(got));
  if (!is_same(got, sent)) throw failure("the payload was changed");
}

// open_kept connects, says something, so that the client has read its tickets, and keeps the connection.
template <stack S>
typename S::task open_kept(S& by, std::uint16_t port, std::vector<typename S::connection>& kept) {
  auto c = co_await by.connect(port, "localhost", sessions::none);
  expect_of<S>(c, false);
  kept.push_back(std::move(c));
}

// echo: so many connections, each with one message on its way at a time.
template <stack S, std::size_t Connections>
class echo {
 public:
  echo(S& by, const both& processes) : by_(by), both_(processes) {
    connections_.reserve(Connections);
    for (std::size_t i = 0; i < Connections; ++i) {
      by_.go(open_kept<S>(by_, both_.shared().echo_port, connections_));
      by_.run();
    }
    run(meter(both_, 4 * Connections));  // the tickets come first
  }
  static std::string_view why_not() { return {}; }

  slice time(std::chrono::nanoseconds cpu, unsigned batch) { return run(meter(both_, cpu, batch)).done(); }
  double count() { return run(meter(both_, 4096)).system_calls_per_op() / 2; }  // of each side

 private:
  meter run(meter m) {
    for (auto& c : connections_) by_.go(line(c, m));
    by_.run();
    return m;
  }
  typename S::task line(typename S::connection& c, meter& m) {
    message out(echo_size);
    std::array<std::byte, echo_size> got;
    while (!m.is_over()) {
      const auto sent = out.numbered(++number_);
      S::done(co_await c.send(sent));
      S::done(co_await c.recvn(got));
      if (!is_same(got, sent)) throw failure("the payload was changed");
    }
  }

  S& by_;
  const both& both_;
  std::vector<typename S::connection> connections_;
  std::uint64_t number_ = 0;
};

// bulk: one connection, one way. An operation is so many chunks as the server answers once.
template <stack S>
class bulk_to_server {
 public:
  static constexpr double megabytes_per_op = chunk_size * chunks_per_answer / 1e6;

  bulk_to_server(S& by, const both& processes) : by_(by), both_(processes) {
    by_.go(open_kept<S>(by_, both_.shared().sink_port, connections_));
    by_.run();
  }
  static std::string_view why_not() { return {}; }

  slice time(std::chrono::nanoseconds cpu, unsigned batch) { return run(meter(both_, cpu, batch)).done(); }
  double count() { return run(meter(both_, 16)).system_calls_per_op() / megabytes_per_op; }

 private:
  meter run(meter m) {
    by_.go(line(m));
    by_.run();
    return m;
  }
  typename S::task line(meter& m) {
    std::array<std::byte, 1> answer;
    while (!m.is_over()) {
      for (std::uint64_t i = 0; i < chunks_per_answer; ++i) {
        S::done(co_await connections_[0].send(out_.numbered(++number_)));
      }
      S::done(co_await connections_[0].recvn(answer));
    }
  }

  S& by_;
  const both& both_;
  std::vector<typename S::connection> connections_;
  message out_{chunk_size};
  std::uint64_t number_ = 0;
};

// connecting: connections one after the other, each with one message there and back.
template <stack S, sessions Use>
class connecting {
 public:
  static constexpr bool resumed = Use == sessions::remembered;

  connecting(S& by, const both& processes) : by_(by), both_(processes) {
    if constexpr (!resumed) return;
    by_.go(first());
    by_.run();
  }
  static std::string_view why_not() {
    if (!resumed || S::resumes) return {};
    return is_secure<S> ? "does not resume" : "no TLS";
  }

  slice time(std::chrono::nanoseconds cpu, unsigned batch) {
    meter m(both_, cpu, batch);
    by_.go(line(m));
    by_.run();
    return m.done();
  }

 private:
  // The first of those that remember has nothing to remember.
  typename S::task first() {
    auto c = co_await by_.connect(both_.shared().echo_port, "localhost", Use);
    co_await say_once<S>(c, out_, ++number_);
    S::done(co_await c.close());
  }
  typename S::task line(meter& m) {
    while (!m.is_over()) {
      auto c = co_await by_.connect(both_.shared().echo_port, "localhost", Use);
      expect_of<S>(c, resumed);
      co_await say_once<S>(c, out_, ++number_);
      S::done(co_await c.close());
    }
  }

  S& by_;
  const both& both_;
  message out_{echo_size};
  std::uint64_t number_ = 0;
};

// idling: memory of the server for each of many connections that have said something once.
template <stack S>
class idling {
 public:
  static constexpr std::size_t wanted = 5000;

  idling(S& by, const both& processes) : by_(by), both_(processes) {}
  static std::string_view why_not() { return {}; }

  // The application's own buffer, which is in the frame of its coroutine, is not counted.
  double count() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t room = limit.rlim_cur < first + 500 ? 1 : limit.rlim_cur - first - 400;
    const std::size_t n = std::min(wanted, room);
    if (n != wanted) std::cerr << "only " << n << " idle connections: the descriptors are limited\n";
    open(first);
    const double before = resident();
    open(n);
    const double after = resident();
    connections_.clear();
    return (after - before) / static_cast<double>(n) - static_cast<double>(echo_size);
  }

 private:
  // With these the memory that the server had free is used up.
  static constexpr std::size_t first = 300;

  void open(std::size_t n) {
    by_.go(opened(n));
    by_.run();
  }
  typename S::task opened(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      auto c = co_await by_.connect(both_.shared().echo_port, "localhost", sessions::none);
      expect_of<S>(c, false);
      co_await say_once<S>(c, out_, i);
      connections_.push_back(std::move(c));
    }
  }
  // resident is the server's memory that is its own, in bytes.
  [[nodiscard]] double resident() const {
    std::ifstream status("/proc/" + std::to_string(both_.server()) + "/status");
    for (std::string word; status >> word;) {
      if (double kib = 0; word == "RssAnon:" && status >> kib) return kib * 1024;
    }
    throw failure("the system does not tell RssAnon");
  }

  S& by_;
  const both& both_;
  std::vector<typename S::connection> connections_;
  message out_{echo_size};
};

}  // namespace bench
