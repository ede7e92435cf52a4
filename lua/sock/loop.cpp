#include "lua/sock/loop.hpp"

#include <asio/co_spawn.hpp>

#include <exception>
#include <new>
#include <utility>

namespace stls::lua {

namespace {

asio::awaitable<void> run(std::shared_ptr<job> j) { co_await j->run(); }

// A sentence would need the memory that there is not.
error shortage(errc code) noexcept {
  error e;
  e.code = code;
  return e;
}

error what_was_thrown(const std::exception_ptr& thrown) noexcept {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return shortage(errc::out_of_memory);
  } catch (...) {
    return shortage(errc::internal);
  }
}

}  // namespace

loop::resident::resident(loop& in) noexcept : in_(&in), after_(in.residents_) {
  if (after_ != nullptr) after_->before_ = this;
  in.residents_ = this;
}

void loop::resident::leave() noexcept {
  if (in_ == nullptr) return;
  (before_ != nullptr ? before_->after_ : in_->residents_) = after_;
  if (after_ != nullptr) after_->before_ = before_;
  in_ = nullptr;
}

void loop::open() {
  constexpr int threads = 1;  // Asio needs to wake no other one
  io_ = std::make_unique<asio::io_context>(threads);
}

loop::~loop() {
  while (residents_ != nullptr) {
    resident& one = *residents_;
    one.leave();
    one.evict();
  }
  while (first_) forget();
  io_.reset();
}

struct loop::finished {
  loop* in;
  std::shared_ptr<job> which;

  void operator()(const std::exception_ptr& thrown) {
    if (thrown) which->fail(what_was_thrown(thrown));
    in->running_--;
    which->over_ = true;
    if (!which->alone_) in->take(std::move(which));
  }
};

void loop::begin(const std::shared_ptr<job>& j) noexcept {
  running_++;
  j->begun_ = true;
  try {
    asio::co_spawn(*io_, lua::run(j), finished{this, j});
  } catch (...) {
    finished{this, j}(std::current_exception());
  }
}

void loop::take(std::shared_ptr<job> j) noexcept {
  job* const end = j.get();
  (last_ != nullptr ? last_->next_ : first_) = std::move(j);
  last_ = end;
}

void loop::forget() noexcept {
  first_ = std::move(first_->next_);
  if (first_ == nullptr) last_ = nullptr;
}

void loop::run_alone(const std::shared_ptr<job>& j) {
  j->alone_ = true;
  begin(j);
  io_->restart();
  while (!j->over_ && io_->run_one() != 0) {
  }
}

void loop::settle() {
  io_->restart();
  io_->poll();
}

void loop::run_until(clock::time_point latest) {
  io_->restart();
  while (first_ == nullptr && running_ != 0) {
    const std::size_t n = latest == clock::time_point::max() ? io_->run_one() : io_->run_one_until(latest);
    if (n == 0) break;
  }
  io_->poll();  // what else is ready
}

}  // namespace stls::lua
