// asio_loop: Asio's loop with its coroutines, in one thread.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/version.hpp>

#include <exception>
#include <string>
#include <utility>

namespace bench {

class asio_loop {
 public:
  using task = asio::awaitable<void>;

  static std::string asio_version() {
    return "Asio " + std::to_string(ASIO_VERSION / 100000) + '.' + std::to_string(ASIO_VERSION / 100 % 1000) +
           '.' + std::to_string(ASIO_VERSION % 100);
  }

  // go has a task run; run returns when all are done, or when one has failed.
  void go(task t) {
    ++running_;
    asio::co_spawn(context_, std::move(t), [this](std::exception_ptr failed) {
      if (failed && !failure_) failure_ = failed;
      if (--running_ == 0 || failed) context_.stop();
    });
  }
  void run() {
    context_.restart();
    context_.run();
    if (failure_) std::rethrow_exception(std::exchange(failure_, {}));
  }

 protected:
  asio::io_context& context() noexcept { return context_; }

 private:
  asio::io_context context_{1};  // one thread
  int running_ = 0;
  std::exception_ptr failure_;
};

}  // namespace bench
