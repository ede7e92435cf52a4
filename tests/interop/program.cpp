#include "interop/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace interop {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

constexpr std::string_view usual_places = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

// Appends what can be read; false at the end.
bool read_some(int fd, std::string& into) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR;
  into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

std::string example(std::string_view name) {
  return std::string(STLS_BUILD_DIR) + "/examples/" + std::string(name);
}

std::string find_program(std::string_view name) {
  if (name.find('/') != name.npos) return std::string(name);
  const char* const path = std::getenv("PATH");
  const std::string places = std::string(path == nullptr ? "" : path) + ":" + std::string(usual_places);
  for (std::size_t from = 0; from <= places.size();) {
    const std::size_t end = std::min(places.find(':', from), places.size());
    const std::string candidate = places.substr(from, end - from) + "/" + std::string(name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    from = end + 1;
  }
  return "";
}

program::program(std::vector<std::string> argv, std::string directory) : argv_(std::move(argv)) {
  const std::string path = find_program(argv_.at(0));
  if (path.empty()) throw std::runtime_error("no program " + argv_.at(0));

  // Standard input is a socket, since writing to one whose reader is gone can be an error and not a SIGPIPE.
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0) throw_errno("socketpair");
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) throw_errno("pipe");

  // All that needs memory is made before the fork, since another thread may hold the allocator's lock.
  std::vector<char*> words;
  for (std::string& word : argv_) words.push_back(word.data());
  words.push_back(nullptr);
  std::string path_variable = "PATH=" + std::string(usual_places);
  std::string locale = "LC_ALL=C";
  const std::array<char*, 3> environment = {path_variable.data(), locale.data(), nullptr};
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(126);
    if (::dup2(in[1], 0) < 0 || ::dup2(out[1], 1) < 0 || ::dup2(err[1], 2) < 0) ::_exit(126);
    ::execve(path.c_str(), words.data(), environment.data());
    ::_exit(127);
  }
  ::close(in[1]);
  ::close(out[1]);
  ::close(err[1]);
  input_ = in[0];
  output_pipe_ = out[0];
  messages_pipe_ = err[0];
  collector_ = std::thread([this] { collect(); });
}

program::~program() {
  kill();
  end_input();
  collector_.join();
  ::close(output_pipe_);
  ::close(messages_pipe_);
}

// collect runs in a thread of its own, so that the program never waits for somebody to read its output.
void program::collect() {
  std::array<pollfd, 2> pipes = {pollfd{output_pipe_, POLLIN, 0}, pollfd{messages_pipe_, POLLIN, 0}};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;
    for (pollfd& pipe : pipes) {
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      std::string got;
      const bool more = read_some(pipe.fd, got);
      const std::lock_guard lock(mutex_);
      (pipe.fd == output_pipe_ ? output_ : messages_) += got;
      if (!more) pipe.fd = -1;
    }
    changed_.notify_all();
  }
  // Waits without reaping, so that the process id stays ours until ended_ is set under the lock.
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  {
    const std::lock_guard lock(mutex_);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    ended_ = true;
  }
  changed_.notify_all();
}

template <class Condition>
bool program::wait_until(Condition condition) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return ended_ || condition(); });
  return condition();
}

bool program::give(std::string_view input) {
  while (!input.empty()) {
    const ssize_t taken = ::send(input_, input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken >= 0) {
      input.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN) {
      pollfd writable{input_, POLLOUT, 0};
      if (::poll(&writable, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 0)
        return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void program::end_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

bool program::says(std::string_view text) {
  return wait_until(
      [&] { return output_.find(text) != output_.npos || messages_.find(text) != messages_.npos; });
}

std::string program::gave(std::size_t bytes) {
  (void)wait_until([&] { return output_.size() >= bytes; });
  return output();
}

std::string program::line(std::size_t n) {
  std::string found;
  (void)wait_until([&] {
    std::size_t begin = 0;
    std::size_t end = output_.find('\n');
    for (std::size_t i = 0; i < n && end != output_.npos; ++i) {
      begin = end + 1;
      end = output_.find('\n', begin);
    }
    if (end == output_.npos) return false;
    found = output_.substr(begin, end - begin);
    return true;
  });
  return found;
}

int program::status() {
  (void)wait_until([&] { return ended_; });
  const std::lock_guard lock(mutex_);
  return status_;
}

bool program::fails() {
  const int how = status();
  return how != 0 && how != still_running;
}

bool program::ends_within(std::chrono::milliseconds moment) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, moment, [&] { return ended_; });
}

void program::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (!ended_) ::kill(pid_, number);
}

void program::kill() {
  signal(SIGKILL);
  (void)wait_until([&] { return ended_; });
}

std::string program::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string program::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::string program::everything() const {
  std::string text = "the command was:";
  for (const std::string& word : argv_) text += " " + word;
  text += "\nits output was:\n";
  text.append(output(), 0, 4000);  // a file is not worth more of the screen
  return text + "\nits messages were:\n" + messages();
}

}  // namespace interop
