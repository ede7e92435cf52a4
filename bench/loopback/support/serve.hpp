// serve: the main function of a peer on loopback. It forks the server; the client is the process that the
// runner talks to. Both are bound to one core: what is compared is the work of both sides, not how well the
// system spreads it.
#pragma once

#include "loopback/support/meter.hpp"
#include "loopback/support/page.hpp"
#include "loopback/support/services.hpp"
#include "loopback/support/stack.hpp"
#include "loopback/support/system_calls.hpp"
#include "loopback_workloads.hpp"
#include "support/heap.hpp"
#include "support/questions.hpp"
#include "support/workload.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

namespace bench {

inline void count_in(tally& where) noexcept {
  heap::count_in(where.mallocs);
  system_calls::count_in(where.system_calls);
}

// bind_to_one_core takes the last one of those that there are: the first has the system's own work.
inline void bind_to_one_core() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) throw failure("sched_getaffinity failed");
  int last = CPU_SETSIZE - 1;
  while (last > 0 && CPU_ISSET(last, &allowed) == 0) --last;
  CPU_ZERO(&allowed);
  CPU_SET(last, &allowed);
  if (sched_setaffinity(0, sizeof allowed, &allowed) != 0) throw failure("sched_setaffinity failed");
}

inline void allow_many_descriptors() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// server_process is the fork that serves, until this one ends.
template <stack S>
class server_process {
 public:
  server_process(const material& files, page& shared) {
    std::array<int, 2> ready{};
    if (pipe(ready.data()) != 0) throw failure("no pipe");
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw failure("no fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      ::close(STDIN_FILENO);
      ::close(STDOUT_FILENO);  // what is said there is said to the runner
      ::close(ready[0]);
      run(files, shared, ready[1]);
      _exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    const bool is_ready = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (!is_ready) throw failure("the server: " + std::string(shared.server_says.data()));
  }
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;
  ~server_process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  static void run(const material& files, page& shared, int ready) noexcept {
    try {
      count_in(shared.server);
      S own(files);
      const services<S> until_the_end(own, shared, [ready] {
        static_cast<void>(::write(ready, "r", 1) == 1);
        ::close(ready);
      });
    } catch (const std::exception& e) {
      shared.say(e.what());
    }
  }

  pid_t pid_ = -1;
};

template <stack S>
class on_loopback {
 public:
  explicit on_loopback(const material& files)
      : page_(page::make()), server_(files, page_), both_(page_, server_.pid()), stack_(files) {
    count_in(page_.client);
    prove_that_it_verifies(files);
  }

  static const terms& keeps() { return S::keeps; }
  static std::string version() { return S::version(); }

  std::string answer(std::string_view name, std::chrono::milliseconds time) try {
    std::string text;
    const auto ask = [&]<class W>(run_of<W>& run) {
      if (W::about.name != name) return false;
      text = answer_as<W>(run.it, time);
      return true;
    };
    loopback_workloads* const types = nullptr;
    if (!find(types, ask)) throw failure("no such workload: " + std::string(name));
    return text;
  } catch (const std::exception& e) {
    const std::string_view theirs = page_.server_says.data();
    throw failure(e.what() + (theirs.empty() ? "" : "; the server: " + std::string(theirs)));
  }

 private:
  // A workload with its connections stays from its first question on.
  template <class W>
  struct run_of {
    std::unique_ptr<typename W::template on<S>> it;
  };
  template <class Types>
  struct runs;
  template <class... W>
  struct runs<std::tuple<W...>> {
    using type = std::tuple<run_of<W>...>;
  };

  template <class... W, class Ask>
  bool find(std::tuple<W...>* /*types*/, Ask& ask) {
    return (ask(std::get<run_of<W>>(runs_)) || ...);
  }

  template <class W, class Run>
  std::string answer_as(std::unique_ptr<Run>& run, std::chrono::milliseconds time) {
    if (const std::string_view why = Run::why_not(); !why.empty()) return none(why);
    if (!run) run = std::make_unique<Run>(stack_, both_);
    if constexpr (timed<W>) {
      static_cast<void>(run->time(std::chrono::milliseconds(2), 1));  // other processes had the caches
      return to_answer(run->time(time, W::batch));
    } else {
      return to_answer(run->count());
    }
  }

  // A peer that verifies nothing would be fast.
  void prove_that_it_verifies(const material& files) {
    if constexpr (is_secure<S>) {
      if (!refuses(stack_, "elsewhere.example")) throw failure("a certificate for another name was accepted");
      material strange = files;
      strange.ca = files.strange_ca;
      S stranger(strange);
      if (!refuses(stranger, "localhost"))
        throw failure("a certificate of an unknown authority was accepted");
    }
    stack_.go(try_once(stack_, "localhost"));
    stack_.run();
    page_.say("");
  }
  bool refuses(S& by, const char* servername) {
    by.go(try_once(by, servername));
    try {
      by.run();
    } catch (const std::exception&) {
      return true;
    }
    return false;
  }
  typename S::task try_once(S& by, const char* servername) {
    auto c = co_await by.connect(page_.echo_port, servername, sessions::none);
    if constexpr (is_secure<S>) expect<S>(c.agreed(), false);
    S::done(co_await c.close());
  }

  page& page_;
  server_process<S> server_;
  both both_;
  S stack_;
  typename runs<loopback_workloads>::type runs_;
};

template <stack S>
int serve_on_loopback(int argc, char** argv) {
  return take_questions(argc, argv, [](const material& files) {
    bind_to_one_core();
    allow_many_descriptors();
    return on_loopback<S>(files);
  });
}

}  // namespace bench
