// loop: runs the coroutines of a test until they have ended.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>

namespace stls::test {

// later lets every other coroutine go on until it waits.
inline asio::awaitable<void> later() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

class loop {
 public:
  [[nodiscard]] asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

  // spawn begins at once, up to where it waits.
  void spawn(asio::awaitable<void> coroutine) {
    ++running_;
    asio::co_spawn(context_, std::move(coroutine), [this](const std::exception_ptr& thrown) {
      --running_;
      if (!thrown) return;
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        ADD_FAILURE() << "a coroutine threw: " << e.what();
      }
    });
  }

  // run returns when all of them have ended. One that hangs fails the test.
  void run() {
    context_.restart();  // it may have run before
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (running_ != 0 && std::chrono::steady_clock::now() < limit) {
      if (context_.run_one_until(limit) == 0) break;
    }
    EXPECT_EQ(running_, 0) << "coroutines that hang";
  }

  // run_all lets what they left behind end too.
  void run_all() {
    run();
    context_.run_for(std::chrono::seconds(60));
  }

 private:
  asio::io_context context_;
  int running_ = 0;
};

}  // namespace stls::test
