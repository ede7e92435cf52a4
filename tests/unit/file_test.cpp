#include "base/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/expect.hpp"

namespace stls {
namespace {

namespace fs = std::filesystem;
using test::is_error;
using test::succeeded;

class file : public ::testing::Test {
 protected:
  file() {
    std::string pattern = (fs::temp_directory_path() / "stls-file-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~file() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string make(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

 private:
  fs::path folder_;
};

TEST_F(file, is_read_whole) {
  for (const std::size_t size : {0U, 1U, 16384U, 16385U, 100000U}) {
    const std::string content(size, 'x');
    const auto read = read_file(make("a", content));
    ASSERT_TRUE(succeeded(read));
    EXPECT_EQ(*read, content);
  }
}

TEST_F(file, may_hold_any_bytes) {
  const std::string content("\0\r\n\xff", 4);
  EXPECT_EQ(read_file(make("a", content)).value(), content);
}

TEST_F(file, has_a_limit) {
  const std::string at_limit = make("a", std::string(20000, 'x'));
  EXPECT_EQ(read_file(at_limit, 20000)->size(), 20000U);
  const std::string over = make("b", std::string(20001, 'x'));
  EXPECT_TRUE(is_error(read_file(over, 20000), errc::too_large,
                       "cannot read '" + over + "': larger than 20000 bytes"));
  EXPECT_TRUE(is_error(read_file("/dev/zero", 100000), errc::too_large,
                       "cannot read '/dev/zero': larger than 100000 bytes"));
  EXPECT_TRUE(is_error(read_file("/dev/zero", 0), errc::too_large));
}

TEST_F(file, of_the_kernel_has_no_size_before_it_is_read) {
  const auto read = read_file("/proc/self/status");
  ASSERT_TRUE(succeeded(read));
  EXPECT_NE(read->find("Name:"), std::string::npos);
}

TEST_F(file, errors_are_those_of_the_system) {
  const auto missing = read_file(path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(missing.error().native, ENOENT);
  EXPECT_EQ(missing.error().message, "cannot read '" + path("missing") + "': No such file or directory");

  const auto directory = read_file(path(""));
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, std::errc::is_a_directory);
  EXPECT_EQ(directory.error().message, "cannot read '" + path("") + "': it is a directory");

  EXPECT_FALSE(read_file(""));
}

TEST_F(file, names_with_a_nul_are_not_cut) {
  const std::string name = make("a", "content") + std::string("\0.pem", 5);
  EXPECT_TRUE(is_error(read_file(name), errc::invalid_argument,
                       "cannot read '" + path("a") + R"(\x00.pem': it holds a NUL byte)"));
  EXPECT_TRUE(is_error(list_directory(name), errc::invalid_argument));
}

TEST_F(file, may_be_a_pipe_and_signals_do_not_disturb) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const std::string content(300000, 'p');
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = [](int) {};  // without SA_RESTART, so that system calls are interrupted
  ASSERT_EQ(::sigaction(SIGUSR1, &ignore, &before), 0);
  std::thread writer([&, reader = ::pthread_self()] {
    const auto disturb = [reader] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ::pthread_kill(reader, SIGUSR1);
    };
    disturb();  // in open
    const int pipe = ::open(path("pipe").c_str(), O_WRONLY);
    disturb();  // in read
    std::size_t written = 0;
    while (written < content.size()) {
      const ssize_t n = ::write(pipe, content.data() + written, content.size() - written);
      if (n <= 0) break;
      written += static_cast<std::size_t>(n);
    }
    ::close(pipe);
  });
  const auto read = read_file(path("pipe"));
  writer.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  ASSERT_TRUE(succeeded(read));
  EXPECT_EQ(*read, content);
}

TEST_F(file, directories_are_listed_in_order) {
  EXPECT_EQ(list_directory(path("")).value(), std::vector<std::string>{});
  for (const char* const name : {"b", "a.0", ".hidden", "a.1"}) (void)make(name, "");
  EXPECT_EQ(list_directory(path("")).value(), (std::vector<std::string>{".hidden", "a.0", "a.1", "b"}));
  EXPECT_EQ(list_directory(path("missing")).error().message,
            "cannot read '" + path("missing") + "': No such file or directory");
  EXPECT_EQ(list_directory(path("b")).error().code, std::errc::not_a_directory);
}

}  // namespace
}  // namespace stls
