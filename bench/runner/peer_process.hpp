// peer_process: a peer's executable, running and waiting for questions.
#pragma once

#include "support/stopwatch.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

class peer_process {
 public:
  // Starts the program and waits until it is ready. It throws failure when the program does not get there,
  // and so do all questions when the program says `error`.
  peer_process(const std::filesystem::path& program, const std::filesystem::path& pki,
               const std::filesystem::path& bundle);
  ~peer_process();
  peer_process(const peer_process&) = delete;
  peer_process& operator=(const peer_process&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& terms() const noexcept { return terms_; }
  [[nodiscard]] const std::string& version() const noexcept { return version_; }

  // Nothing: the peer has no such thing; why_not() says why.
  std::optional<slice> time(std::string_view workload, std::chrono::milliseconds cpu);
  std::optional<double> count(std::string_view workload);
  [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }

 private:
  struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  using file = std::unique_ptr<std::FILE, closer>;

  void ask(const std::string& question);
  std::string hear();  // a line
  // after gives what follows the word in an answer; nothing: the answer is `none`.
  std::optional<std::string> after(std::string_view word);

  std::string name_;
  std::string terms_;
  std::string version_;
  std::string why_not_;
  pid_t pid_ = -1;
  file to_;
  file from_;
};

}  // namespace bench
