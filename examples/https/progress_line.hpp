// How far a download is, for people who watch.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>

// progress_line is one line at the bottom of a terminal; where standard error is none, nothing.
class progress_line {
 public:
  progress_line() noexcept : terminal_(::isatty(STDERR_FILENO) == 1) {}
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() {
    if (shown_) std::fputc('\n', stderr);
  }

  void show(std::uint64_t have, std::optional<std::uint64_t> of) {
    const auto now = std::chrono::steady_clock::now();
    const bool last = of && have == *of;
    if (!terminal_ || (shown_ && !last && now < next_)) return;
    next_ = now + std::chrono::milliseconds(100);
    shown_ = true;
    constexpr double mebibyte = 1024 * 1024;
    const double size = static_cast<double>(have) / mebibyte;
    if (of) {
      const int percent =
          *of == 0 ? 100 : static_cast<int>(100.0 * static_cast<double>(have) / static_cast<double>(*of));
      std::fprintf(stderr, "\r%.1f of %.1f MiB, %d %%", size, static_cast<double>(*of) / mebibyte, percent);
    } else {
      std::fprintf(stderr, "\r%.1f MiB", size);
    }
  }

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};
