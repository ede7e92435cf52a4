#include "lua/sock/sleep.hpp"

#include "lua/object.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/words.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace stls::lua {

namespace {

using clock = std::chrono::steady_clock;

// It gives true when the time has come, and false if it was woken before.
class sleep_job final : public job {
 public:
  sleep_job(asio::io_context& io, clock::time_point until) : timer_(io, until) {}

  asio::awaitable<void> run() override {
    std::error_code cancelled;
    // It may have been woken before the loop came here.
    if (!woken_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    asleep_ = false;
  }
  int push(lua_State* L, int /*anchors*/) override {
    lua_pushboolean(L, woken_ ? 0 : 1);
    return 1;
  }
  // wake: false if there is nobody to wake any more.
  bool wake() {
    if (!begun() || !asleep_ || woken_) return false;
    woken_ = true;
    timer_.cancel();
    return true;
  }

 private:
  asio::steady_timer timer_;
  bool asleep_ = true;
  bool woken_ = false;
};

// One thread at a time sleeps in it.
struct sleeper {
  static constexpr char name[] = "sock.sleeper";
  std::weak_ptr<sleep_job> now{};
};

// A thread that could not yield does not sleep there, though its job is kept until it calls another verb.
bool occupied(const sleeper& s) noexcept {
  const auto job = s.now.lock();
  return job != nullptr && job->begun();
}

int sleep_to(lua_State* L, clock::time_point until) {
  loop& in = loop_of(L);
  return await_job(L, 0, [&] { return std::make_shared<sleep_job>(in.io(), until); });
}

// sleep(s), sleep_until(t)
int sleep(lua_State* L) { return sleep_to(L, point_after(seconds_at(L, 1))); }
int sleep_until(lua_State* L) { return sleep_to(L, time_at(L, 1)); }

int new_sleeper(lua_State* L) {
  object<sleeper>::push(L);
  return 1;
}

// sleeper:sleep_until(t)
int sleeper_sleep_until(lua_State* L) {
  sleeper& s = object<sleeper>::check(L, 1);
  const clock::time_point until = time_at(L, 2);
  if (occupied(s)) luaL_error(L, "sleep: another thread sleeps here");
  loop& in = loop_of(L);
  return await_job(L, 0, [&] {
    auto made = std::make_shared<sleep_job>(in.io(), until);
    s.now = made;
    return made;
  });
}

// sleeper:wake()
int wake(lua_State* L) {
  const sleeper& s = object<sleeper>::check(L, 1);
  bool woken = false;
  guarded(L, [&] {
    if (const auto job = s.now.lock()) woken = job->wake();
  });
  lua_pushboolean(L, woken ? 1 : 0);
  return 1;
}

}  // namespace

void add_sleep_functions(lua_State* L) {
  push_sock_upvalues(L);
  object<sleeper>::define(L, {{"sleep_until", sleeper_sleep_until}, {"wake", wake}}, object<sleeper>::collect,
                          object<sleeper>::collect, sock_upvalues);
  add_functions(L, {{"sleep", sleep}, {"sleep_until", sleep_until}, {"sleeper", new_sleeper}});
}

}  // namespace stls::lua
