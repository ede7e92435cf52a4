// Reading small files whole.
#include "base/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::size_t first_guess = 16384;  // for pipes, and for what has no size before it is read

class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

// cannot_read gives the system's own code and word.
error cannot_read(std::string_view path, int system_error) {
  error e;
  e.code = std::error_code(system_error, std::generic_category());
  e.native = system_error;
  e.message = cat({"cannot read '", escaped(path),
                   "': ", system_error == EISDIR ? "it is a directory" : e.code.message()});
  return e;
}

error holds_nul(std::string_view path) {
  return {errc::invalid_argument, cat({"cannot read '", escaped(path), "': it holds a NUL byte"})};
}

int open_for_reading(const char* path) noexcept {
  int number = -1;
  do {
    number = ::open(path, O_RDONLY | O_CLOEXEC);
  } while (number < 0 && errno == EINTR);
  return number;
}

// whole_content is a buffer that may come to hold a private key: what it gives back was wiped.
class whole_content {
 public:
  explicit whole_content(std::size_t room) : content_(room, '\0') {}
  whole_content(const whole_content&) = delete;
  whole_content& operator=(const whole_content&) = delete;
  ~whole_content() { wipe(content_); }

  [[nodiscard]] std::span<char> room() noexcept { return std::span(content_).subspan(used_); }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  void commit(std::size_t n) noexcept { used_ += n; }

  // std::string's own growth would leave a copy behind in freed memory.
  void grow(std::size_t size) {
    std::string larger(size, '\0');
    std::copy_n(content_.data(), used_, larger.data());
    content_.swap(larger);
    wipe(larger);
  }

  [[nodiscard]] std::string take() && {
    content_.resize(used_);
    return std::move(content_);
  }

 private:
  std::string content_;
  std::size_t used_ = 0;
};

}  // namespace

result<std::string> read_file(const std::string& path, std::size_t limit) {
  if (path.find('\0') != std::string::npos) return fail(holds_nul(path));
  const descriptor file(open_for_reading(path.c_str()));
  if (file.number() < 0) return fail(cannot_read(path, errno));

  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return fail(cannot_read(path, errno));
  if (S_ISDIR(about.st_mode)) return fail(cannot_read(path, EISDIR));

  // One byte more than is expected, so that the end of the file, or a byte beyond the limit, shows itself.
  const std::size_t expected =
      S_ISREG(about.st_mode) && about.st_size > 0 ? static_cast<std::size_t>(about.st_size) : first_guess;
  whole_content content(std::min(expected, limit) + 1);
  for (;;) {
    if (content.room().empty()) content.grow(std::min(2 * content.used(), limit + 1));
    const std::span<char> room = content.room();
    const ssize_t n = ::read(file.number(), room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(cannot_read(path, errno));
    if (n == 0) return std::move(content).take();
    content.commit(static_cast<std::size_t>(n));
    if (content.used() > limit) {
      return fail(errc::too_large,
                  cat({"cannot read '", escaped(path), "': larger than ", std::to_string(limit), " bytes"}));
    }
  }
}

result<std::vector<std::string>> list_directory(const std::string& path) {
  if (path.find('\0') != std::string::npos) return fail(holds_nul(path));
  struct closer {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, closer> directory(::opendir(path.c_str()));
  if (directory == nullptr) return fail(cannot_read(path, errno));

  std::vector<std::string> names;
  for (;;) {
    errno = 0;  // the only way to tell the end from an error
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail(cannot_read(path, errno));
  std::sort(names.begin(), names.end());
  return names;
}

STLS_NAMESPACE_END
