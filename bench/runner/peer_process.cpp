#include "runner/peer_process.hpp"

#include "support/peer.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <sstream>

namespace bench {

peer_process::peer_process(const std::filesystem::path& program, const std::filesystem::path& pki,
                           const std::filesystem::path& bundle)
    : name_(program.filename().string()) {
  std::array<int, 2> questions{};
  std::array<int, 2> answers{};
  // Close-on-exec: no peer shall hold another's pipe open.
  if (pipe2(questions.data(), O_CLOEXEC) != 0 || pipe2(answers.data(), O_CLOEXEC) != 0)
    throw failure("no pipe");
  to_.reset(fdopen(questions[1], "w"));
  from_.reset(fdopen(answers[0], "r"));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, questions[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
  std::string path = program.string();
  std::string pki_text = pki.string();
  std::string bundle_text = bundle.string();
  std::array<char*, 4> arguments = {path.data(), pki_text.data(), bundle_text.data(), nullptr};
  const int refused = posix_spawn(&pid_, path.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(questions[0]);
  ::close(answers[1]);
  if (refused != 0) throw failure("cannot start " + path);
  terms_ = after("terms").value_or("");
  version_ = after("ready").value_or("");
}

peer_process::~peer_process() {
  to_.reset();  // the end of its questions is the end of the peer
  from_.reset();
  int status = 0;
  if (pid_ > 0) waitpid(pid_, &status, 0);
}

void peer_process::ask(const std::string& question) {
  if (std::fputs((question + "\n").c_str(), to_.get()) < 0 || std::fflush(to_.get()) != 0) {
    throw failure(name_ + ": hears nothing");
  }
}

std::string peer_process::hear() {
  std::string line;
  for (int c = std::fgetc(from_.get()); c != '\n'; c = std::fgetc(from_.get())) {
    if (c == EOF) throw failure(name_ + ": ended without an answer");
    line += static_cast<char>(c);
  }
  return line;
}

std::optional<std::string> peer_process::after(std::string_view word) {
  const std::string line = hear();
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view first = std::string_view(line).substr(0, space);
  std::string rest = line.substr(std::min(space + 1, line.size()));
  if (first == word) return rest;
  if (first != "none") throw failure(name_ + ": " + (first == "error" ? rest : line));
  why_not_ = std::move(rest);
  return std::nullopt;
}

std::optional<slice> peer_process::time(std::string_view workload, std::chrono::milliseconds cpu) {
  ask("time " + std::string(workload) + ' ' + std::to_string(cpu.count()));
  const auto answer = after("slice");
  if (!answer) return std::nullopt;
  slice done;
  std::int64_t wall = 0;
  std::int64_t used = 0;
  std::istringstream(*answer) >> done.ops >> wall >> used >> done.mallocs;
  if (done.ops == 0 || used <= 0 || wall <= 0) throw failure(name_ + ": measured nothing");
  done.wall = std::chrono::nanoseconds(wall);
  done.cpu = std::chrono::nanoseconds(used);
  return done;
}

std::optional<double> peer_process::count(std::string_view workload) {
  ask("count " + std::string(workload));
  const auto answer = after("count");
  return answer ? std::optional(std::stod(*answer)) : std::nullopt;
}

}  // namespace bench
