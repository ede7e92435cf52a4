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

// file_watch looks at directories, since that is where files, links and directories are replaced. Of each
// path it takes every directory in which something is looked up: links, the end of the path, the first thing
// that is missing; and the directories on the way, of which those that may not be read are left out. Linux's
// inotify tells what happens there.
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
  // After an error it looks at what it has found of them, too.
  result<void> follow(const std::vector<std::string>& files, const std::vector<std::string>& directories);

  // changed says whether something has, since it was asked last.
  [[nodiscard]] bool changed();

 private:
  struct interest {
    bool everything = false;  // that is in this directory
    bool on_the_way = true;   // no more than directories is looked up here
    std::set<std::string> names;

    void merge(const interest& more);
    bool operator==(const interest&) const = default;
  };
  using interests = std::map<std::string, interest>;  // by directory

  // walk goes where the system would go, and notes what it looks up. `is_directory`: the path is one.
  static void walk(const std::string& path, bool is_directory, interests& noted);
  static interests walk_all(const std::vector<std::string>& files,
                            const std::vector<std::string>& directories);
  // watch begins to watch what was noted, and says which of it could not be.
  struct refusal {
    int system_error = 0;
    std::string directory;
  };
  refusal watch(const interests& noted, std::map<int, interest>& by_number);

  int descriptor_ = -1;
  std::map<int, interest> watched_;
  bool unsettled_ = false;  // things went on changing while it looked
};

STLS_NAMESPACE_END
