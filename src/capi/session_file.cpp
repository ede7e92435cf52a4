#include "capi/session_file.hpp"

#include "base/fail.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

STLS_NAMESPACE_BEGIN

namespace capi {

namespace {

// The clients of several threads may have one file; none shall read what another has half written.
std::mutex& one_at_a_time() noexcept {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

result<void> check_session_file(int descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) {
    const std::error_code reason(errno, std::generic_category());
    return fail(errc::bad_config, cat({"session_fd: ", reason.message()}));
  }
  if (!S_ISREG(facts.st_mode)) return fail(errc::bad_config, "session_fd: not a regular file");
  if (facts.st_uid != ::getuid()) return fail(errc::bad_config, "session_fd: the file is of another user");
  if ((facts.st_mode & 07777U) != (S_IRUSR | S_IWUSR)) {
    return fail(errc::bad_config,
                "session_fd: the file must be readable and writable for its owner alone (mode 0600)");
  }
  return {};
}

std::vector<std::byte> read_session_file(int descriptor) {
  const std::lock_guard lock(one_at_a_time());
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0 || facts.st_size <= 0 ||
      static_cast<std::size_t>(facts.st_size) > document_limit) {
    return {};
  }
  std::vector<std::byte> content(static_cast<std::size_t>(facts.st_size));
  const ssize_t n = ::pread(descriptor, content.data(), content.size(), 0);
  if (n != static_cast<ssize_t>(content.size())) content.clear();
  return content;
}

void write_session_file(int descriptor, std::span<const std::byte> session) noexcept {
  const std::lock_guard lock(one_at_a_time());
  const bool emptied = ::ftruncate(descriptor, 0) == 0;
  if (!emptied) return;
  const ssize_t n = ::pwrite(descriptor, session.data(), session.size(), 0);
  if (n == static_cast<ssize_t>(session.size())) return;
  if (::ftruncate(descriptor, 0) != 0) return;  // half a session is none: it will not be resumed
}

}  // namespace capi

STLS_NAMESPACE_END
