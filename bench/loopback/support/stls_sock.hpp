// stls_sock: the sockets of stls, as an application uses them.
#pragma once

#include "loopback/support/asio_loop.hpp"
#include "loopback/support/stack.hpp"
#include "support/stls_config.hpp"

#include <stls/sock/sock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace bench {

class stls_sock : public asio_loop {
 public:
  static constexpr terms keeps = tls_1_3;
  static constexpr bool resumes = true;

  class connection {
   public:
    explicit connection(stls::stcp s) noexcept : socket_(std::move(s)) {}
    auto begin() { return socket_.handshake(); }
    auto recv(std::span<std::byte> into) { return socket_.recv(into); }
    auto recvn(std::span<std::byte> into) { return socket_.recvn(into); }
    auto send(std::span<const std::byte> from) { return socket_.send(from); }
    auto close() { return socket_.close(); }
    [[nodiscard]] bench::agreed agreed() const { return agreed_by(socket_.info()); }

   private:
    stls::stcp socket_;
  };
  using listener = stls::stcp_server;

  explicit stls_sock(const material& files)
      : server_(presenting(both_ends(), files)),
        forgetful_(trusting(both_ends(), files.ca, 0)),
        remembering_(trusting(both_ends(), files.ca, std::nullopt)) {}

  static std::string version() { return stls_version(both_ends()) + ", " + asio_version(); }

  template <class T>
  static T done(stls::result<T> r) {
    return checked(std::move(r));
  }

  asio::awaitable<listener> listen() {
    auto made = co_await stls::listen("127.0.0.1", 0, server_);
    co_return checked(std::move(made));
  }
  static std::uint16_t port_of(listener& l) { return checked(l.lower().local()).port; }
  asio::awaitable<connection> accept(listener& l) {
    auto got = co_await l.accept();
    co_return connection(checked(std::move(got)));
  }
  asio::awaitable<connection> connect(std::uint16_t port, const char* servername, sessions use) {
    stls::tcp lower(context().get_executor());
    checked(co_await lower.connect("127.0.0.1", port));
    auto made = stls::client_stcp(std::move(lower), servername,
                                  use == sessions::remembered ? remembering_ : forgetful_);
    connection c(checked(std::move(made)));
    checked(co_await c.begin());
    co_return c;
  }

 private:
  static stls::options both_ends() {
    return {.ecdhecurves = keeps.group, .protocols = "tlsv1.3", .engine = "libssl"};
  }

  stls::config server_;
  stls::config forgetful_;    // keeps no sessions
  stls::config remembering_;  // keeps them, as is the default
};

}  // namespace bench
