// The files below a directory, and nothing else.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../descriptor.hpp"

// directory is one below a file_root, or that itself, which lives longer.
class directory {
 public:
  explicit directory(const descriptor& root) noexcept : fd_(root.get()) {}
  // enter goes to a directory in it. Where there is none, get is -1 from then on, and errno says why.
  void enter(const std::string& name) {
    below_.emplace(::openat(fd_, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    fd_ = below_->get();
  }
  void leave() noexcept { fd_ = -1; }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  std::optional<descriptor> below_;
  int fd_;
};

// file_root opens what lies below its directory. Names are followed one by one, and no symbolic link is
// followed: so no path leads out, whatever it is made of, and whatever somebody does to the directories
// meanwhile. Names that begin with a dot are not there: they hold what was not meant for others (.git), and
// uploads that are not whole.
class file_root {
 public:
  explicit file_root(const std::string& directory)
      : top_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (top_.get() < 0) throw_errno(directory);
  }

  // parent opens the directory in which the last name is; without one its get() is -1, and errno says why.
  [[nodiscard]] directory parent(const std::vector<std::string>& names) const {
    directory in(top_);
    for (std::size_t i = 0; i < names.size() && in.get() >= 0; ++i) {
      if (names[i].starts_with('.')) {
        in.leave();
        errno = ENOENT;
      } else if (i + 1 < names.size()) {
        in.enter(names[i]);
      }
    }
    return in;
  }

  // open opens a file or a directory for reading. No pipe and no device makes it wait.
  [[nodiscard]] descriptor open(const std::vector<std::string>& names) const {
    const directory in = parent(names);
    if (in.get() < 0) return descriptor();
    return descriptor(
        ::openat(in.get(), names.back().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }

 private:
  descriptor top_;
};
