// What the servers on coroutines have in common: each client is served by a coroutine of its own, and SIGINT
// or SIGTERM ends them all in order.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <stls/sock/sock.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "rethrow.hpp"

// stop_request is made once, by a signal or by the program itself, and for good.
class stop_request {
 public:
  explicit stop_request(asio::io_context& loop)
      : signals_(loop, SIGINT, SIGTERM), made_(loop, clock::time_point::max()) {
    signals_.async_wait([this](std::error_code failed, int /*signal*/) {
      if (!failed) make();
    });
  }

  void make() {
    signals_.clear();  // whoever cannot wait sends the signal again
    signals_.cancel();
    made_.expires_at(clock::time_point::min());  // wakes who waits, and who will wait
  }

  // wait ends when it is made, and when the coroutine that waits is cancelled.
  asio::awaitable<void> wait() {
    std::error_code ignored;
    co_await made_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

 private:
  using clock = std::chrono::steady_clock;
  asio::signal_set signals_;
  asio::steady_timer made_;
};

// clients_server is a listener, and the clients that it gives to serve(stls::stcp&), which returns a
// stls::task<>.
template <class Serve>
class clients_server {
 public:
  clients_server(const char* program, Serve serve) : program_(program), serve_(std::move(serve)) {}

  // run is the whole life of a server: exit status 0 if it was asked to end.
  int run(const std::string& host, std::uint16_t port, const stls::config& conf) {
    asio::co_spawn(loop_, listen(host, port, conf), rethrow);
    loop_.run();
    return status_;
  }

 private:
  asio::awaitable<void> listen(std::string host, std::uint16_t port, stls::config conf) {
    using namespace asio::experimental::awaitable_operators;
    auto server = co_await stls::listen(host, port, conf);
    if (!server) {
      give_up(server.error());
      co_return;
    }
    std::printf("listening on port %d\n", server->lower().local().value().port);
    std::fflush(stdout);
    co_await (accept_from(*server) || stop_.wait());  // who ends first cancels the other
  }

  asio::awaitable<void> accept_from(stls::stcp_server& server) {
    for (;;) {
      auto s = co_await server.accept();
      if (!s) {
        if (s.error() != stls::errc::cancelled) give_up(s.error());
        co_return;
      }
      asio::co_spawn(loop_, serve_one(std::move(*s)), rethrow);  // its handshake is not done yet
    }
  }

  asio::awaitable<void> serve_one(stls::stcp s) {
    using namespace asio::experimental::awaitable_operators;
    const auto ended = co_await (serve_(s) || stop_.wait());
    if (const auto* const served = std::get_if<0>(&ended); served != nullptr && !*served)
      std::fprintf(stderr, "%s: a client was not served: %s\n", program_, served->error().message.c_str());
    // The client learns that it has heard everything. One that does not listen is given 2 seconds.
    static_cast<void>(co_await s.close());
  }

  void give_up(const stls::error& why) {
    std::fprintf(stderr, "%s: %s\n", program_, why.message.c_str());
    status_ = 1;
    stop_.make();
  }

  const char* program_;
  Serve serve_;
  asio::io_context loop_{1};
  stop_request stop_{loop_};
  int status_ = 0;
};
