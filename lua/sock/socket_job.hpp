// socket_job: what the verbs of sockets have in common.
#pragma once

#include "lua/refusal.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/job.hpp"
#include "lua/sock/words.hpp"

#include <memory>
#include <utility>

namespace stls::lua {

// socket_job gives true, or nil and why not.
class socket_job : public job {
 public:
  explicit socket_job(std::shared_ptr<socket> of) noexcept : of_(std::move(of)) {}

  int push(lua_State* L, int /*anchors*/) override {
    if (const error* const why = failure(); why != nullptr) return push_error(L, *why);
    lua_pushboolean(L, 1);
    return 1;
  }

 protected:
  std::shared_ptr<socket> of_;
};

// secure_job gives the code of an error of TLS behind it.
class secure_job : public socket_job {
 public:
  using socket_job::socket_job;

  int push(lua_State* L, int anchors) override {
    const int values = socket_job::push(L, anchors);
    if (failure() == nullptr) return values;
    lua::push(L, code_of(*failure()));
    return values + 1;
  }
};

// call_job is one that is a call: `verb` gets the socket, and gives a task<>.
template <class Base, class Verb>
class call_job final : public Base {
 public:
  call_job(std::shared_ptr<socket> of, Verb verb) noexcept : Base(std::move(of)), verb_(std::move(verb)) {}

  asio::awaitable<void> run() override {
    auto done = co_await verb_(*this->of_);
    static_cast<void>(this->keep(done));
  }

 private:
  Verb verb_;
};

template <class Base, class Verb>
[[nodiscard]] std::shared_ptr<job> make_call(const std::shared_ptr<socket>& of, Verb verb) {
  return std::make_shared<call_job<Base, Verb>>(of, std::move(verb));
}

}  // namespace stls::lua
