// The files below a directory, and nothing else.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

#include "../descriptor.hpp"

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

  // parent opens the directory in which the last name is. Without one: errno says why.
  [[nodiscard]] descriptor parent(const std::vector<std::string>& names) const {
    int at = ::fcntl(top_.get(), F_DUPFD_CLOEXEC, 0);
    for (std::size_t i = 0; i < names.size() && at >= 0; ++i) {
      if (names[i].starts_with('.')) {
        ::close(at);
        errno = ENOENT;
        return descriptor();
      }
      if (i + 1 == names.size()) break;
      const descriptor above(at);
      at = ::openat(above.get(), names[i].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return descriptor(at);
  }

  // open opens a file or a directory for reading. No pipe and no device makes it wait.
  [[nodiscard]] descriptor open(const std::vector<std::string>& names) const {
    const descriptor in = parent(names);
    if (in.get() < 0) return descriptor();
    return descriptor(
        ::openat(in.get(), names.back().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }

 private:
  descriptor top_;
};
