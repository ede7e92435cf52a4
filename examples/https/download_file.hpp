// Where a download goes: standard output, or a file that has its name when all of it is there.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../descriptor.hpp"

// download_file is FILE.part until it is whole. To be resumed it is kept, and beside it, in FILE.part.etag,
// what it is a part of: a tag, and the URL whose tag that is. Parts of two versions would make none, and a
// tag says nothing of what another URL gives. FILE.part is locked, so that no other run writes it meanwhile.
class download_file {
 public:
  enum class after_failure : std::uint8_t { forget, keep };

  // An empty path is standard output.
  download_file(std::string path, after_failure then) : path_(std::move(path)), then_(then) {
    if (path_.empty()) return;
    open_part();
    if (then_ == after_failure::keep) {
      std::ifstream file(tag_path());
      std::getline(file, tag_);
      std::getline(file, url_);
    }
    if (!is_strong(tag_)) start("", "");
  }
  download_file(const download_file&) = delete;
  download_file& operator=(const download_file&) = delete;
  ~download_file() {
    if (finished_ || path_.empty() || (size_ > 0 && !tag_.empty())) return;
    forget_tag();
    ::unlink(part_path().c_str());
  }

  // size says how much of it is there, and tag of which version.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& tag() const noexcept { return tag_; }
  // resumes says whether what is there is a part of what that URL gives.
  [[nodiscard]] bool resumes(std::string_view url) const noexcept {
    return size_ > 0 && !tag_.empty() && url_ == url;
  }

  // start begins anew, with the version of that tag; an empty one: it cannot be resumed.
  void start(const std::string& tag, const std::string& url) {
    if (path_.empty()) return;
    if (::ftruncate(file_->get(), 0) != 0) throw_errno(part_path());
    size_ = 0;
    tag_ = then_ == after_failure::keep && is_strong(tag) ? tag : "";
    url_ = url;
    forget_tag();
    if (tag_.empty()) return;
    std::ofstream file(tag_path());
    if (!(file << tag_ << '\n' << url_ << '\n').flush())
      throw std::runtime_error(tag_path() + " cannot be written");
  }

  void write(std::string_view bytes) {
    const int to = path_.empty() ? STDOUT_FILENO : file_->get();
    while (!bytes.empty()) {
      const ssize_t took = path_.empty()
                               ? ::write(to, bytes.data(), bytes.size())
                               : ::pwrite(to, bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (took < 0 && errno == EINTR) continue;
      if (took < 0) throw_errno(path_.empty() ? "standard output" : part_path());
      bytes.remove_prefix(static_cast<std::size_t>(took));
      size_ += static_cast<std::uint64_t>(took);
    }
  }

  // finish says that this was all. Only then some file systems say that they could not write it.
  void finish() {
    finished_ = true;
    if (path_.empty()) {
      if (::close(STDOUT_FILENO) != 0) throw_errno("standard output");
      return;
    }
    // Else a crash could leave a file behind that has its name and not its bytes.
    if (::fsync(file_->get()) != 0) throw_errno(part_path());
    forget_tag();  // before the name is free: from then on it would be another run's
    if (::rename(part_path().c_str(), path_.c_str()) != 0) throw_errno(path_);
  }

 private:
  // open_part opens FILE.part, which nobody else has then.
  void open_part() {
    for (;;) {
      file_.emplace(::open(part_path().c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
      struct stat ours {};
      struct stat named {};
      if (file_->get() < 0) throw_errno(part_path());
      if (::flock(file_->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) throw std::runtime_error(part_path() + " is being written by another run");
        throw_errno(part_path());
      }
      if (::fstat(file_->get(), &ours) != 0) throw_errno(part_path());
      // A run that ended before the lock was taken has given the file its name, or removed it.
      if (::lstat(part_path().c_str(), &named) != 0 || ours.st_ino != named.st_ino ||
          ours.st_dev != named.st_dev)
        continue;
      size_ = static_cast<std::uint64_t>(ours.st_size);
      return;
    }
  }

  // A weak tag does not promise the same bytes (RFC 9110 section 8.8.1).
  static bool is_strong(std::string_view tag) {
    return tag.size() >= 2 && tag.size() < 1000 && tag.front() == '"' && tag.find('"', 1) == tag.size() - 1;
  }
  void forget_tag() const { ::unlink(tag_path().c_str()); }
  [[nodiscard]] std::string part_path() const { return path_ + ".part"; }
  [[nodiscard]] std::string tag_path() const { return path_ + ".part.etag"; }

  std::string path_;
  after_failure then_;
  std::optional<descriptor> file_;
  std::uint64_t size_ = 0;
  std::string tag_;
  std::string url_;  // whose tag it is
  bool finished_ = false;
};
