// A server for daily use: it serves so many clients at once, takes a new certificate on SIGHUP, and on
// SIGTERM or SIGINT lets its clients finish what they are at.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <set>
#include <stls/sock/sock.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../descriptor.hpp"
#include "../sock/rethrow.hpp"

// serving_limits bound what clients can take of a server.
struct serving_limits {
  std::size_t clients = 1000;          // at once; more wait in the system's queue
  std::chrono::seconds handshake{10};  // from accept to its end
  std::chrono::seconds drain{30};      // from SIGTERM to the end of the last request in hand
};

class draining_server {
 public:
  // client is one connection.
  class client {
   public:
    client(draining_server& server, stls::stcp s) : server_(server), s_(std::move(s)) {
      server_.clients_.insert(this);
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() {
      server_.clients_.erase(this);
      server_.one_is_gone();
    }
    [[nodiscard]] stls::stcp& socket() noexcept { return s_; }
    // draining: it is asked to come to an end.
    [[nodiscard]] bool draining() const noexcept { return server_.draining_; }

    // idle is what a client is while one of these lives: then a drain cancels its verbs.
    class idle {
     public:
      explicit idle(client& of) noexcept : of_(of) { of_.idle_ = true; }
      idle(const idle&) = delete;
      idle& operator=(const idle&) = delete;
      ~idle() { of_.idle_ = false; }

     private:
      client& of_;
    };

   private:
    friend class draining_server;
    draining_server& server_;
    stls::stcp s_;
    bool idle_ = false;
  };

  using serve_function = std::function<stls::task<>(client&)>;
  using config_function = std::function<stls::result<stls::config>()>;

  // serve is what becomes of each client: where it ends well the client is told so, else the connection
  // breaks. make_config is called at the start and on each SIGHUP. `program` is the name for messages.
  draining_server(const char* program, serving_limits limits, config_function make_config,
                  serve_function serve)
      : program_(program), limits_(limits), make_config_(std::move(make_config)), serve_(std::move(serve)) {}

  // on_drain is told when the end begins.
  void on_drain(std::function<void()> told) { on_drain_ = std::move(told); }

  // behind names the proxies that say whom they speak for: see stls::server_options.
  void behind(std::vector<stls::network> proxies) { proxies_ = std::move(proxies); }

  // run is the whole life of a server: exit status 0 if it was asked to end.
  int run(const std::string& host, std::uint16_t port) {
    allow_descriptors();
    asio::co_spawn(loop_, listen(host, port), rethrow);
    loop_.run();
    return status_;
  }

 private:
  // What a client may have open: its connection, a file, and the directory of that.
  static constexpr rlim_t descriptors_each = 3;
  static constexpr rlim_t descriptors_besides = 64;

  // allow_descriptors asks for as many as so many clients need. The limit that processes begin with, 1024
  // mostly, is for those that use select(2). Where there may not be so many, fewer clients are served at
  // once.
  void allow_descriptors() {
    const rlim_t most_clients = (RLIM_INFINITY - descriptors_besides) / descriptors_each;
    const rlim_t needed =
        descriptors_besides + descriptors_each * std::min<rlim_t>(limits_.clients, most_clients);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("getrlimit");
    if (limit.rlim_cur >= needed) return;
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("setrlimit");
    if (limit.rlim_cur == needed) return;
    const rlim_t left = limit.rlim_cur - std::min(descriptors_besides, limit.rlim_cur);
    limits_.clients = std::max<std::size_t>(left / descriptors_each, 1);
    std::fprintf(stderr, "%s: serves %zu clients at once: the system allows no more descriptors\n", program_,
                 limits_.clients);
  }

  asio::awaitable<void> listen(std::string host, std::uint16_t port) {
    const auto conf = make_config_();
    if (!conf) co_return give_up(conf.error());
    stls::server_options options;
    options.handshake_timeout = limits_.handshake;
    options.proxy_protocol_from = proxies_;
    auto server = co_await stls::listen(host, port, *conf, options);
    if (!server) co_return give_up(server.error());
    server_ = std::move(*server);
    await_end();
    await_reload();
    std::printf("listening on port %d\n", server_.lower().local().value().port);
    std::fflush(stdout);
    co_await accept_clients();
  }

  asio::awaitable<void> accept_clients() {
    while (!draining_) {
      if (clients_.size() >= limits_.clients) {
        gone_.expires_at(std::chrono::steady_clock::time_point::max());
        std::error_code ignored;
        co_await gone_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        continue;
      }
      auto s = co_await server_.accept();
      if (s) {
        asio::co_spawn(loop_, serve_one(std::move(*s)), rethrow);  // its handshake is not done yet
      } else if (!draining_) {
        give_up(s.error());
      }
    }
  }

  asio::awaitable<void> serve_one(stls::stcp s) {
    client c(*this, std::move(s));
    std::string why;
    try {
      const auto served = co_await serve_(c);
      if (!served) why = served.error().message;
    } catch (const std::exception& e) {  // out of memory, most likely: the others go on
      why = e.what();
    }
    if (why.empty()) {
      static_cast<void>(co_await c.socket().close());  // the client learns that this was all
    } else {
      std::fprintf(stderr, "%s: a client was not served: %s\n", program_, why.c_str());
    }
  }

  void one_is_gone() {
    gone_.cancel();
    if (draining_ && clients_.empty()) drained_.cancel();
  }

  void await_end() {
    ends_.async_wait([this](std::error_code failed, int /*signal*/) {
      if (failed) return;
      ends_.clear();  // whoever cannot wait sends the signal again
      drain();
    });
  }

  void drain() {
    draining_ = true;
    ends_.cancel();
    reloads_.cancel();
    gone_.cancel();
    server_ = stls::stcp_server();  // nobody else comes
    if (on_drain_) on_drain_();
    for (client* c : clients_) {
      if (c->idle_) c->s_.cancel();
    }
    if (clients_.empty()) return;
    drained_.expires_after(limits_.drain);
    drained_.async_wait([this](std::error_code all_are_gone) {
      if (all_are_gone) return;
      // Their verbs end with an error, and they see the connection break.
      for (client* c : clients_) c->s_ = stls::stcp();
    });
  }

  void await_reload() {
    reloads_.async_wait([this](std::error_code failed, int /*signal*/) {
      if (failed || draining_) return;  // a drain cannot cancel what was on its way when it began
      const auto conf = make_config_();
      const auto done = conf ? server_.reload(*conf) : stls::result<void>(tl::unexpected(conf.error()));
      if (done) {
        std::printf("reloaded\n");
        std::fflush(stdout);
      } else {
        std::fprintf(stderr, "%s: goes on as before: %s\n", program_, done.error().message.c_str());
      }
      await_reload();
    });
  }

  void give_up(const stls::error& why) {
    std::fprintf(stderr, "%s: %s\n", program_, why.message.c_str());
    status_ = 1;
    drain();
  }

  const char* program_;
  serving_limits limits_;
  config_function make_config_;
  serve_function serve_;
  std::vector<stls::network> proxies_;
  std::function<void()> on_drain_;

  asio::io_context loop_{1};
  asio::signal_set ends_{loop_, SIGINT, SIGTERM};
  asio::signal_set reloads_{loop_, SIGHUP};
  asio::steady_timer gone_{loop_};     // a client is
  asio::steady_timer drained_{loop_};  // all are
  stls::stcp_server server_;
  std::set<client*> clients_;
  bool draining_ = false;
  int status_ = 0;
};
