// job: what a thread of Lua waits for.
#pragma once

#include "lua/api.hpp"

#include <asio/awaitable.hpp>
#include <stls/error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace stls::lua {

// job is one verb, from the call to what it gives. It belongs to the loop while it runs, and knows nothing of
// Lua then; what it needs of Lua's memory is kept by the anchors that its maker left (see await.hpp).
class job {
 public:
  job() noexcept = default;
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  virtual ~job() = default;

  // run does the work, in the loop.
  virtual asio::awaitable<void> run() = 0;
  // push gives what the verb returns: how many values. The anchors are at an index. It may raise; then that
  // is the verb's error.
  virtual int push(lua_State* L, int anchors) = 0;

  void fail(error why) noexcept { failure_ = std::move(why); }
  [[nodiscard]] const error* failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

  // begun: not so before its thread has yielded.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

  // keep takes a result: false where it is an error.
  template <class T>
  bool keep(result<T>& r) {
    if (r) return true;
    fail(std::move(r.error()));
    return false;
  }

 private:
  friend class loop;
  std::shared_ptr<job> next_;  // of those that are done
  bool alone_ = false;         // whoever runs the loop waits for it, and not a thread
  bool begun_ = false;
  bool over_ = false;
  std::optional<error> failure_;
};

}  // namespace stls::lua
