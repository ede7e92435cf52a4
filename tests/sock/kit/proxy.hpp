// proxy: stands between a client and a server on loopback, and passes on what comes in a manner of its own.
#pragma once

#include "sock/kit/loop.hpp"

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

namespace stls::test {

// What happens in a direction when `until` bytes of it have been passed on.
enum class mishap : std::uint8_t {
  none,
  half_close,  // the receiver sees the end of the stream; the other direction goes on
  cut,         // both ends see the end of the stream
  reset,       // both ends see a reset
  silence,     // nothing more is passed on in this direction
};

// flow is how one direction passes.
struct flow {
  flow() noexcept {}  // NOLINT(modernize-use-equals-default): GCC 12 and aggregates in coroutines

  std::size_t piece = std::size_t{64} * 1024;  // passes on 1 to so many bytes at once, chosen at random
  std::chrono::microseconds pause{0};          // before each piece
  std::optional<std::size_t> until{};
  mishap then = mishap::none;
};

struct route {
  route() noexcept {}  // NOLINT(modernize-use-equals-default): as above

  flow to_server;
  flow to_client;
};

// The routes that change nothing but when bytes come, and how many at once.
route dribbled();
route delayed();

class proxy {
 public:
  // Every connection to `port()` is passed on to `to` of 127.0.0.1.
  proxy(loop& in, std::uint16_t to, const route& by);
  [[nodiscard]] std::uint16_t port() const;
  // passed is how many bytes went through, of all connections.
  [[nodiscard]] std::size_t passed_to_server() const noexcept;
  [[nodiscard]] std::size_t passed_to_client() const noexcept;

 private:
  struct state;
  static asio::awaitable<void> accept(std::shared_ptr<state> all);
  std::shared_ptr<state> state_;
};

}  // namespace stls::test
