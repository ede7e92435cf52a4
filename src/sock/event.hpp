// event: something that verbs wait for which is not readiness of a socket.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <stls/export.hpp>

#include <algorithm>
#include <vector>

STLS_NAMESPACE_BEGIN

// event wakes those who wait for it now; it does not remember. Who waits looks at the state of things before
// and after. All is done from one executor.
class event {
 public:
  event() noexcept = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  void wake() {
    for (asio::steady_timer* t : sleepers_) t->cancel();
  }

  // sleeper is one who waits, until a time at the latest.
  class sleeper {
   public:
    sleeper(event& e, const asio::any_io_executor& ex, asio::steady_timer::time_point until)
        : event_(e), timer_(ex, until) {
      event_.sleepers_.push_back(&timer_);
    }
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() { std::erase(event_.sleepers_, &timer_); }

    [[nodiscard]] asio::steady_timer& timer() noexcept { return timer_; }

   private:
    event& event_;
    asio::steady_timer timer_;
  };

 private:
  std::vector<asio::steady_timer*> sleepers_;
};

STLS_NAMESPACE_END
