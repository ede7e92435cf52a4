// A file that is being written.
#pragma once

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "../descriptor.hpp"
#include "file_root.hpp"

// upload lets nobody see a file that is not whole: it has a name of its own until it is, and is gone if it
// never is. It does not wait until the disk has it. What a crash leaves behind is called .upload-*.
class upload {
 public:
  // The file is made in that directory; error() says whether that went well.
  explicit upload(directory in) : in_(std::move(in)), file_(create()) {}
  upload(const upload&) = delete;
  upload& operator=(const upload&) = delete;
  ~upload() {
    if (file_.get() >= 0 && !named_) ::unlinkat(in_.get(), temporary_.c_str(), 0);
  }

  [[nodiscard]] int error() const noexcept { return error_; }  // errno of the first failure; 0: none

  void write(std::string_view bytes) {
    while (!bytes.empty() && error_ == 0) {
      const ssize_t took = ::write(file_.get(), bytes.data(), bytes.size());
      if (took >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(took));
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
  }

  // give_name puts it into the place of what had that name, if anything did. Only a file may be replaced.
  void give_name(const std::string& name) {
    if (error_ != 0) return;
    named_ = ::renameat(in_.get(), temporary_.c_str(), in_.get(), name.c_str()) == 0;
    if (!named_) error_ = errno;
  }
  // give_new_name fails with EEXIST if anything has that name, without a moment between the look and the
  // deed.
  void give_new_name(const std::string& name) {
    if (error_ != 0) return;
    named_ = ::linkat(in_.get(), temporary_.c_str(), in_.get(), name.c_str(), 0) == 0;
    if (named_) {
      ::unlinkat(in_.get(), temporary_.c_str(), 0);
    } else {
      error_ = errno;
    }
  }

  [[nodiscard]] const descriptor& file() const noexcept { return file_; }
  [[nodiscard]] const directory& in() const noexcept { return in_; }

 private:
  int create() {
    std::array<unsigned char, 16> random{};
    if (in_.get() < 0 ||
        ::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
      error_ = errno;
      return -1;
    }
    for (const unsigned char byte : random) {
      std::array<char, 3> digits{};
      std::snprintf(digits.data(), digits.size(), "%02x", byte);
      temporary_ += digits.data();
    }
    const int fd =
        ::openat(in_.get(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) error_ = errno;
    return fd;
  }

  directory in_;
  int error_ = 0;
  std::string temporary_ = ".upload-";
  descriptor file_;
  bool named_ = false;
};
