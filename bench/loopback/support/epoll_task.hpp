// epoll_task: a coroutine for the peers that have a loop of their own.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace bench {

template <class T>
class epoll_task;

namespace detail {

struct epoll_promise_base {
  struct at_end {
    static bool await_ready() noexcept { return false; }
    template <class Promise>
    static std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      return ended.promise().then;
    }
    static void await_resume() noexcept {}
  };
  static std::suspend_always initial_suspend() noexcept { return {}; }
  static at_end final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }

  std::coroutine_handle<> then = std::noop_coroutine();
  std::exception_ptr failure;
};

template <class T>
struct epoll_promise : epoll_promise_base {
  epoll_task<T> get_return_object() noexcept;
  void return_value(T v) { value.emplace(std::move(v)); }
  std::optional<T> value;
};

template <>
struct epoll_promise<void> : epoll_promise_base {
  epoll_task<void> get_return_object() noexcept;
  static void return_void() noexcept {}
};

}  // namespace detail

// epoll_task begins when it is awaited.
template <class T>
class epoll_task {
 public:
  using promise_type = detail::epoll_promise<T>;
  using handle = std::coroutine_handle<promise_type>;

  explicit epoll_task(handle h) noexcept : handle_(h) {}
  epoll_task(epoll_task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  epoll_task& operator=(epoll_task&&) = delete;
  ~epoll_task() {
    if (handle_) handle_.destroy();
  }

  static bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> then) noexcept {
    handle_.promise().then = then;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

 private:
  handle handle_;
};

template <class T>
epoll_task<T> detail::epoll_promise<T>::get_return_object() noexcept {
  return epoll_task<T>(std::coroutine_handle<epoll_promise>::from_promise(*this));
}
inline epoll_task<void> detail::epoll_promise<void>::get_return_object() noexcept {
  return epoll_task<void>(std::coroutine_handle<epoll_promise>::from_promise(*this));
}

}  // namespace bench
