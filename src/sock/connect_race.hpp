// connect_race: several addresses of one host, tried as RFC 8305 says.
#pragma once

#include "sock/early_options.hpp"
#include "sock/event.hpp"
#include "sock/resolve.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>
#include <vector>

STLS_NAMESPACE_BEGIN

// by_turns orders addresses so that families alternate, beginning with the first one's (RFC 8305 section 4).
[[nodiscard]] std::vector<endpoint> by_turns(const std::vector<endpoint>& preferred);

// connect_race runs by itself. Whoever wants its outcome waits for `changed` and looks.
class connect_race : public std::enable_shared_from_this<connect_race> {
 public:
  // RFC 8305 section 5: the Connection Attempt Delay.
  static constexpr std::chrono::milliseconds delay{250};

  // Each attempt gets these options before it begins.
  connect_race(const asio::any_io_executor& ex, std::vector<endpoint> all, early_options options = {})
      : executor_(ex), next_attempt_(ex), all_(std::move(all)), options_(std::move(options)) {}

  void start() { start_next(); }
  // stop ends all attempts.
  void stop();

  event changed;
  [[nodiscard]] bool over() const noexcept { return winner_ >= 0 || running_ == 0; }
  // The winner's descriptor, which is the caller's now; -1: all have failed, the last one so.
  [[nodiscard]] int take_winner() noexcept { return std::exchange(winner_, -1); }
  [[nodiscard]] std::error_code last_failure() const noexcept { return last_failure_; }
  ~connect_race();

 private:
  using socket = asio::generic::stream_protocol::socket;
  void start_next();
  std::error_code prepare(socket& attempt, const endpoint& to) const;
  void ended(const std::shared_ptr<socket>& attempt, std::error_code failure);

  asio::any_io_executor executor_;
  asio::steady_timer next_attempt_;
  std::vector<endpoint> all_;
  early_options options_;
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  std::vector<std::weak_ptr<socket>> attempts_;
  int winner_ = -1;
  bool stopped_ = false;
  std::error_code last_failure_;
};

STLS_NAMESPACE_END
