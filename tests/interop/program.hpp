// Other programs, run as the peers of a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace interop {

// patience bounds every wait: long enough for a slow machine under a sanitizer, and never waited out by a
// test that passes.
constexpr std::chrono::seconds patience{30};

// find_program gives the path of a program in $PATH or one of the usual places, or "".
[[nodiscard]] std::string find_program(std::string_view name);

// example gives the path of a program of examples/. A build may be without them.
[[nodiscard]] std::string example(std::string_view name);

// program is a child process. What it writes is collected while it runs; it is killed, at the latest, when
// this object or the test program ends.
class program {
 public:
  // Runs argv, whose first word is a name or a path, with a clean environment: no file of this machine's user
  // and no locale can change what it does. `directory`, if given, is where it starts.
  explicit program(std::vector<std::string> argv, std::string directory = "");
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program();

  // give writes to its standard input; false: it does not take it.
  [[nodiscard]] bool give(std::string_view input);
  void end_input();

  // says waits until its output, or its messages, hold the text; false: it ended, or took too long, without
  // that.
  [[nodiscard]] bool says(std::string_view text);

  // gave waits until its output has so many bytes, and gives what it has then.
  [[nodiscard]] std::string gave(std::size_t bytes);

  // line waits for the nth line of its output, the first being 0, and gives it without its end; "": it ended,
  // or took too long, without that.
  [[nodiscard]] std::string line(std::size_t n);

  // status waits for its end. Its exit status, or minus the signal that ended it; `still_running` if it does
  // not.
  static constexpr int still_running = 1000;
  [[nodiscard]] int status();

  // fails waits for its end; false: that was no failure, or did not come.
  [[nodiscard]] bool fails();

  // ends_within waits for a moment, and says whether it has ended.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds moment);

  // signal sends it one.
  void signal(int number);

  // kill ends it in the hardest way, and waits for that: its sockets are closed afterwards.
  void kill();

  [[nodiscard]] std::string output() const;      // standard output so far
  [[nodiscard]] std::string messages() const;    // standard error so far
  [[nodiscard]] std::string everything() const;  // both, for the message of a failed test

 private:
  void collect();
  template <class Condition>
  bool wait_until(Condition condition);

  std::vector<std::string> argv_;
  pid_t pid_ = -1;
  int input_ = -1;
  int output_pipe_ = -1;
  int messages_pipe_ = -1;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  std::string messages_;
  bool ended_ = false;
  int status_ = still_running;

  std::thread collector_;
};

}  // namespace interop
