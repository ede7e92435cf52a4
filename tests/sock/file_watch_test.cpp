// file_watch: which directories it looks at, while things change under its hands.
#include "sock/file_watch.hpp"

#include "support/expect.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#if defined(__linux__)
#include <sys/fsuid.h>
#include <unistd.h>
#endif

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace stls::test {
namespace {

#if defined(__linux__)

namespace fs = std::filesystem;

// as_nobody makes this thread somebody whom the rights of files hold for, which root is not.
class as_nobody {
 public:
  as_nobody() : before_(::setfsuid(65534)) {}
  as_nobody(const as_nobody&) = delete;
  as_nobody& operator=(const as_nobody&) = delete;
  ~as_nobody() { ::setfsuid(static_cast<uid_t>(before_)); }

 private:
  int before_;
};

// Names may be looked up in such a directory, and it may not be read, by its owner neither.
constexpr fs::perms only_through = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;

class sock_file_watch : public ::testing::Test {
 protected:
  sock_file_watch() {
    std::string name = (fs::temp_directory_path() / "stls_watch_XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    at_ = name;
    fs::permissions(at_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    EXPECT_TRUE(succeeded(watch_.open()));
  }
  ~sock_file_watch() override {
    for (const std::string name : {"closed", "shut"}) {
      std::error_code none;
      fs::permissions(at_ / name, fs::perms::owner_all, none);
    }
    fs::remove_all(at_);
  }

  void put(const fs::path& file) {
    fs::create_directories((at_ / file).parent_path());
    pki::write(at_ / file, "x");
  }
  result<void> follow(const std::vector<std::string>& files) {
    std::vector<std::string> all;
    for (const std::string& name : files) all.push_back(at_ / name);
    return watch_.follow(all, {});
  }
  // How many directories the system watches for it.
  static int watches(const file_watch& of) {
    std::ifstream about("/proc/self/fdinfo/" + std::to_string(of.descriptor()));
    int count = 0;
    for (std::string line; std::getline(about, line);) count += line.starts_with("inotify ") ? 1 : 0;
    return count;
  }

  fs::path at_;
  file_watch watch_;
};

TEST_F(sock_file_watch, needs_no_right_to_read_what_is_only_on_the_way) {
  put("closed/here/file");
  fs::permissions(at_ / "closed", only_through);
  {
    const as_nobody it;
    ASSERT_TRUE(succeeded(follow({"closed/here/file"})));
  }
  EXPECT_FALSE(watch_.changed());
  pki::write(at_ / "closed/here/file", "y");
  EXPECT_TRUE(watch_.changed());
}

TEST_F(sock_file_watch, watches_nothing_for_a_path_that_could_not_be_followed) {
  put("open/file");
  put("shut/file");
  put("other/file");
  fs::permissions(at_ / "shut", only_through);
  {
    const as_nobody it;
    EXPECT_TRUE(is_error(follow({"open/file", "shut/file", "other/file"}),
                         std::make_error_code(std::errc::permission_denied)));
  }
  ASSERT_TRUE(succeeded(follow({"other/file"})));
  file_watch fresh;
  ASSERT_TRUE(succeeded(fresh.open()));
  ASSERT_TRUE(succeeded(fresh.follow({at_ / "other/file"}, {})));
  EXPECT_EQ(watches(watch_), watches(fresh));
}

// Whenever it is replaced, before, while, or after it is looked at: either that is a change, or the target
// that the link has now is watched.
TEST_F(sock_file_watch, never_misses_where_a_link_leads) {
  constexpr int rounds = 40;
  put("0/file");
  put("1/file");
  fs::create_directory_symlink("0", at_ / "link");
  // The others take the time in which it is replaced.
  std::vector<std::string> files = {"link/file"};
  for (int i = 0; i < 2000; ++i) files.push_back("other/file" + std::to_string(i));
  put("other/file0");
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  std::thread replacing([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (begun < i) std::this_thread::yield();
      fs::create_directory_symlink(std::to_string(i % 2), at_ / "new");
      fs::rename(at_ / "new", at_ / "link");
      ended = i;
    }
  });
  int missed = 0;
  for (int i = 1; i <= rounds; ++i) {
    begun = i;
    EXPECT_TRUE(succeeded(follow(files)));
    while (ended < i) std::this_thread::yield();
    if (watch_.changed()) continue;
    pki::write(at_ / "link/file", "y");
    if (!watch_.changed()) ++missed;
  }
  replacing.join();
  EXPECT_EQ(missed, 0);
}

#endif

}  // namespace
}  // namespace stls::test
