#include "sock/file_watch.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#if defined(__linux__)
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <climits>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <system_error>
#include <utility>
#endif

STLS_NAMESPACE_BEGIN

#if defined(__linux__)

namespace {

constexpr std::uint32_t what_matters = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                       IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t what_replaces = IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR;
constexpr int most_links = 40;  // Linux follows no more
constexpr int most_attempts = 10;

error cannot_watch(std::string_view path, int system_error) {
  error e;
  e.code = std::error_code(system_error, std::generic_category());
  e.native = system_error;
  e.message = cat({"cannot watch '", escaped(path), "': ", e.code.message()});
  return e;
}

std::string below(const std::string& directory, std::string_view name) {
  return cat({directory, directory == "/" ? "" : "/", name});
}

std::string above(const std::string& directory) {
  const std::size_t slash = directory.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : directory.substr(0, slash);
}

std::string working_directory() {
  std::array<char, PATH_MAX> room{};
  return ::getcwd(room.data(), room.size()) != nullptr ? room.data() : "/";
}

std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> room{};
  const ssize_t n = ::readlink(link.c_str(), room.data(), room.size());
  return {room.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

}  // namespace

file_watch::~file_watch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

result<void> file_watch::open() {
  descriptor_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor_ < 0) return fail(cannot_watch("inotify", errno));
  return {};
}

void file_watch::walk(const std::string& path, bool is_directory, interests& noted) {
  std::deque<std::string> names;
  const auto go_first = [&names](std::string_view some) {
    std::deque<std::string> all;
    for (const std::string_view name : split(some, "/")) all.emplace_back(name);
    names.insert(names.begin(), all.begin(), all.end());
  };
  go_first(path);
  std::string at = "/";
  if (!path.starts_with('/')) go_first(working_directory());
  for (int links = 0; !names.empty();) {
    const std::string name = std::move(names.front());
    names.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      at = above(at);
      continue;
    }
    const std::string here = below(at, name);
    struct stat about {};
    const bool exists = ::lstat(here.c_str(), &about) == 0;
    const bool is_link = exists && S_ISLNK(about.st_mode);
    interest& here_too = noted[at];
    here_too.names.insert(name);
    if (!exists || is_link || names.empty()) here_too.on_the_way = false;
    if (!exists || (is_link && ++links > most_links)) return;
    if (is_link) {
      const std::string target = target_of(here);
      go_first(target);
      if (target.starts_with('/')) at = "/";
    } else if (S_ISDIR(about.st_mode)) {
      at = here;
    } else {
      return;
    }
  }
  if (!is_directory) return;
  noted[at].everything = true;
  noted[at].on_the_way = false;
}

file_watch::interests file_watch::walk_all(const std::vector<std::string>& files,
                                           const std::vector<std::string>& directories) {
  interests noted;
  for (const std::string& path : files) walk(path, false, noted);
  for (const std::string& path : directories) walk(path, true, noted);
  return noted;
}

void file_watch::interest::merge(const interest& more) {
  everything = everything || more.everything;
  on_the_way = on_the_way && more.on_the_way;
  names.insert(more.names.begin(), more.names.end());
}

// In the order of the map a directory comes after those that it is in.
file_watch::refusal file_watch::watch(const interests& noted, std::map<int, interest>& by_number) {
  for (const auto& [directory, what] : noted) {
    // Two paths may lead to one directory: what was asked for first still holds.
    const std::uint32_t mask = (what.on_the_way ? what_replaces : what_matters) | IN_MASK_ADD;
    const int number = ::inotify_add_watch(descriptor_, directory.c_str(), mask);
    if (number >= 0) {
      by_number[number].merge(what);
      watched_[number].merge(what);
    } else if (errno != EACCES || !what.on_the_way) {
      return {errno, directory};
    }
  }
  return {};
}

result<void> file_watch::follow(const std::vector<std::string>& files,
                                const std::vector<std::string>& directories) {
  unsettled_ = false;
  interests noted = walk_all(files, directories);
  for (int attempt = 1;; ++attempt) {
    std::map<int, interest> by_number;
    const refusal refused = watch(noted, by_number);
    // What was replaced before its directory was watched is found by going there once more.
    interests again = walk_all(files, directories);
    const bool settled = again == noted && refused.system_error != ENOENT && refused.system_error != ENOTDIR;
    if (!settled && attempt < most_attempts) {
      noted = std::move(again);
      continue;
    }
    if (refused.system_error != 0) return fail(cannot_watch(refused.directory, refused.system_error));
    for (const auto& [number, what] : watched_) {
      if (!by_number.contains(number)) ::inotify_rm_watch(descriptor_, number);
    }
    watched_ = std::move(by_number);
    unsettled_ = !settled;
    return {};
  }
}

bool file_watch::changed() {
  bool any = std::exchange(unsettled_, false);
  alignas(inotify_event) std::array<char, 16384> room;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const ssize_t n = ::read(descriptor_, room.data(), room.size());
    if (n <= 0) return any;
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, room.data() + at, sizeof event);
      const char* const name = room.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) any = true;
      const auto found = watched_.find(event.wd);
      if (found == watched_.end() || (event.mask & IN_IGNORED) != 0) continue;
      // Without a name it is the directory itself.
      any = any || event.len == 0 || found->second.everything || found->second.names.contains(name);
    }
  }
}

#else

file_watch::~file_watch() = default;
result<void> file_watch::open() {
  return fail(errc::unsupported, "config_watcher: this system has no inotify");
}
void file_watch::walk(const std::string&, bool, interests&) {}
result<void> file_watch::follow(const std::vector<std::string>&, const std::vector<std::string>&) {
  return {};
}
bool file_watch::changed() { return false; }

#endif

STLS_NAMESPACE_END
