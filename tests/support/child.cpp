#include "support/child.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stls::test {
namespace {

constexpr const char* variable = "STLS_TEST_CHILD";

std::map<std::string, int (*)()>& parts() {
  static std::map<std::string, int (*)()> all;
  return all;
}

}  // namespace

child_part::child_part(const char* name, int (*run)()) { parts()[name] = run; }

child_result run_child(const std::string& part, const std::map<std::string, std::string>& environment) {
  child_result out;
  std::vector<std::string> strings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
    if (environment.count(std::string(name)) == 0) strings.emplace_back(*entry);
  }
  for (const auto& [name, value] : environment) strings.push_back(name + "=" + value);
  strings.push_back(std::string(variable) + "=" + part);
  std::vector<char*> entries;
  for (auto& text : strings) entries.push_back(text.data());
  entries.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    ADD_FAILURE() << "no pipe";
    return out;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string program = "/proc/self/exe";
  std::array<char*, 2> arguments = {program.data(), nullptr};
  pid_t pid = -1;
  const int spawned = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), entries.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (spawned != 0) {
    ADD_FAILURE() << "the child cannot be started";
    ::close(ends[0]);
    return out;
  }
  std::array<char, 4096> room{};
  for (;;) {
    const auto n = ::read(ends[0], room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.output.append(room.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) out.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) out.signal = WTERMSIG(status);
  return out;
}

int child_main() {
  const char* const name = std::getenv(variable);
  if (name == nullptr) return -1;
  const auto found = parts().find(name);
  if (found == parts().end()) return 125;
  return found->second();
}

}  // namespace stls::test
