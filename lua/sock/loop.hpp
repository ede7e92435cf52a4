// loop: the loop of a Lua state.
#pragma once

#include "lua/sock/job.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace stls::lua {

struct thread;

// loop runs jobs, and keeps those that are done until a function of Lua asks for them: no code of Lua ever
// runs below a frame of Asio. It is a userdata, one of each Lua state. One that was collected is empty.
class loop {
 public:
  static constexpr char name[] = "sock.loop";
  using clock = std::chrono::steady_clock;

  // resident is what lives in the loop, and must not outlive it.
  class resident {
   public:
    explicit resident(loop&) noexcept;
    resident(const resident&) = delete;
    resident& operator=(const resident&) = delete;
    virtual ~resident() { leave(); }

   private:
    friend class loop;
    void leave() noexcept;
    virtual void evict() noexcept = 0;

    loop* in_;
    resident* before_ = nullptr;
    resident* after_;
  };

  loop() noexcept = default;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  void open();
  [[nodiscard]] bool is_open() const noexcept { return io_ != nullptr; }
  [[nodiscard]] asio::io_context& io() noexcept { return *io_; }

  void begin(const std::shared_ptr<job>&) noexcept;
  // run_until runs the loop until a job is done, or that time has come.
  void run_until(clock::time_point);
  // run_alone begins a job that no thread waits for, and runs the loop until it is done.
  void run_alone(const std::shared_ptr<job>&);
  // settle lets jobs that were begun get to where they wait.
  void settle();
  // idle: no job runs, and none is done.
  [[nodiscard]] bool idle() const noexcept { return running_ == 0 && first_ == nullptr; }

  // The job that was done first; null: none. forget is for the one that was looked at.
  [[nodiscard]] job* done() const noexcept { return first_.get(); }
  void forget() noexcept;

  // The thread of Lua that runs, if one does.
  thread* current = nullptr;
  bool stopped = false;
  int depth = 0;  // of threads that resumed each other

  // What a coroutine yields first, to say what it is that it wants.
  [[nodiscard]] void* waits() noexcept { return &words_[0]; }
  [[nodiscard]] void* suspends() noexcept { return &words_[1]; }
  [[nodiscard]] void* transfers() noexcept { return &words_[2]; }

 private:
  struct finished;
  void take(std::shared_ptr<job>) noexcept;

  std::unique_ptr<asio::io_context> io_;
  resident* residents_ = nullptr;
  std::size_t running_ = 0;
  std::shared_ptr<job> first_;
  job* last_ = nullptr;
  char words_[3] = {};
};

}  // namespace stls::lua
