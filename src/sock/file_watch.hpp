// file_watch: whether what is found under a name has changed.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// file_watch looks at directories, since that is where files and links are replaced. Of each path it takes
// every directory in which a link, the end of the path, or the first thing that is missing, is looked up.
// Linux's inotify tells what happens there.
class file_watch {
 public:
  file_watch() noexcept = default;
  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;
  ~file_watch();

  // open begins. errc::unsupported: this system has no inotify.
  result<void> open();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  // readable: ask `changed`

  // follow looks at these from now on, and at nothing else. What has been noticed and not asked for is kept.
  result<void> follow(const std::vector<std::string>& files, const std::vector<std::string>& directories);

  // changed says whether something has, since it was asked last.
  [[nodiscard]] bool changed();

 private:
  struct interest {
    bool everything = false;  // that is in this directory
    std::set<std::string> names;
  };
  using interests = std::map<std::string, interest>;  // by directory

  // walk goes where the system would go, and notes what it looks up. `directory`: the path is one.
  static void walk(const std::string& path, bool is_directory, interests& noted);

  int descriptor_ = -1;
  std::map<int, interest> watched_;
};

STLS_NAMESPACE_END
