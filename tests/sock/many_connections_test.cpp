// Thousands of connections at one server process: idle ones, busy ones beside them, and what is left of them
// when they are gone.
#include "sock/kit/loop.hpp"
#include "sock/kit/system_calls.hpp"
#include "sock/readiness.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/raw_peer.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

// What a server process has, in its own eyes.
struct possessions {
  std::uint16_t quiet_port = 0;  // answers messages of 16 bytes
  std::uint16_t busy_port = 0;   // answers blocks
  std::size_t connections = 0;
  std::size_t descriptors = 0;
  std::size_t heap = 0;      // bytes
  std::size_t resident = 0;  // bytes of memory that is its own
  std::size_t failures = 0;
};

constexpr std::size_t message_size = 16;
constexpr std::size_t block_size = std::size_t{16} << 10U;

std::size_t resident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (std::size_t kib = 0; word == "RssAnon:" && status >> kib) return kib * 1024;
  }
  return 0;
}

// The server process. It tells what it has to whoever asks over `control`, and ends when that is closed.
class server_side {
 public:
  server_side(const config& conf, int control)
      : conf_(conf), control_(*tcp::adopt(loop_.executor(), control)) {}

  void run() {
    loop_.spawn(listen(has_.quiet_port, true));
    loop_.spawn(listen(has_.busy_port, false));
    loop_.spawn(tell());
    loop_.context().run();
  }

 private:
  asio::awaitable<void> listen(std::uint16_t& port, bool quiet) {
    auto listener = co_await stls::listen("127.0.0.1", 0, conf_);
    port = listener->lower().local()->port;
    for (;;) {
      auto s = co_await listener->accept();
      if (!s) {
        ++has_.failures;
      } else if (quiet) {
        loop_.spawn(answer_messages(std::move(*s)));
      } else {
        loop_.spawn(answer_blocks(std::move(*s)));
      }
    }
  }

  struct counted {
    explicit counted(possessions& all) : all_(all) { ++all_.connections; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --all_.connections; }
    possessions& all_;
  };

  // The frame of this one is a part of what an idle connection takes.
  asio::awaitable<void> answer_messages(stcp s) {
    const counted it(has_);
    std::array<std::byte, message_size> message{};
    for (;;) {
      const auto n = co_await s.recv(message);
      if (!n || *n == 0) co_return;
      if (!co_await s.send(std::span(message).first(*n))) ++has_.failures;
    }
  }
  asio::awaitable<void> answer_blocks(stcp s) {
    const counted it(has_);
    bytes block(block_size);
    while (co_await s.recvn(block)) {
      if (!co_await s.send(block)) ++has_.failures;
    }
  }

  asio::awaitable<void> tell() {
    std::array<std::byte, 1> question{};
    while (co_await control_.recvn(question)) {
      has_.descriptors =
          static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
      has_.heap = mallinfo2().uordblks;
      has_.resident = resident();
      if (!co_await control_.send(std::as_bytes(std::span(&has_, 1)))) break;
    }
    loop_.context().stop();
  }

  loop loop_;
  config conf_;
  tcp control_;
  possessions has_;
};

class server_process {
 public:
  explicit server_process(const config& conf) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::bad_alloc();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ::malloc_trim(0);  // what earlier tests have left would not be seen to be taken
      server_side(conf, ends[1]).run();
      ::_exit(0);
    }
    ::close(ends[1]);
    control_ = ends[0];
  }
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;
  ~server_process() {
    ::close(control_);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_EQ(status, 0);
  }

  // has waits until that many connections are there.
  possessions has(std::size_t connections) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      possessions now;
      EXPECT_EQ(::write(control_, "?", 1), 1);
      EXPECT_EQ(::recv(control_, &now, sizeof now, MSG_WAITALL), static_cast<ssize_t>(sizeof now));
      const bool listens = now.quiet_port != 0 && now.busy_port != 0;
      if (listens && now.connections == connections) return now;
      if (std::chrono::steady_clock::now() > limit) {
        ADD_FAILURE() << now.connections << " connections instead of " << connections;
        return now;
      }
    }
  }

 private:
  pid_t pid_ = -1;
  int control_ = -1;
};

class many_connections : public ::testing::TestWithParam<engine_case> {
 protected:
  // raise_limit gives how many descriptors a process may have.
  static std::size_t raise_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }

  asio::awaitable<void> open(std::uint16_t port, std::size_t number, std::vector<stcp>& into) {
    for (std::size_t i = 0; i < number; ++i) {
      tcp lower(loop_.executor());
      EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
      auto s = client_stcp(std::move(lower), "localhost", client_config_);
      EXPECT_TRUE(succeeded(s));
      if (!s) co_return;
      co_await exchange(*s, i);
      into.push_back(std::move(*s));
    }
  }
  static asio::awaitable<void> exchange(stcp& s, std::size_t seed) {
    const bytes message = pattern(message_size, seed);
    bytes back(message_size);
    EXPECT_TRUE(succeeded(co_await s.send(message)));
    EXPECT_TRUE(succeeded(co_await s.recvn(back)));
    EXPECT_EQ(back, message);
  }
  asio::awaitable<void> work(std::uint16_t port, unsigned seed) {
    tcp lower(loop_.executor());
    EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
    auto s = client_stcp(std::move(lower), "localhost", client_config_);
    EXPECT_TRUE(succeeded(s));
    if (!s) co_return;
    bytes back(block_size);
    for (unsigned i = 0; i < 10; ++i) {
      const bytes block = pattern(block_size, seed * 1000 + i);
      EXPECT_TRUE(succeeded(co_await s->send(block)));
      EXPECT_TRUE(succeeded(co_await s->recvn(back)));
      EXPECT_EQ(back, block);
    }
    EXPECT_TRUE(succeeded(co_await s->close()));
  }
  static asio::awaitable<void> ask_each(std::vector<stcp>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) co_await exchange(all[i], i);
  }
  static asio::awaitable<void> close_each(std::vector<stcp>& all) {
    for (stcp& s : all) EXPECT_TRUE(succeeded(co_await s.close()));
    all.clear();
  }

  // visit has idle and busy connections come, stay and go, and gives what an idle one took of memory.
  double visit(server_process& server, std::size_t idle, std::size_t busy) {
    const possessions before = server.has(0);
    std::vector<stcp> first;
    std::vector<stcp> connections;
    // With these the memory that was free is used up.
    loop_.spawn(open(before.quiet_port, idle / 16, first));
    loop_.run();
    const possessions some = server.has(first.size());
    loop_.spawn(open(before.quiet_port, idle, connections));
    loop_.run();
    const possessions full = server.has(first.size() + connections.size());
    for (unsigned i = 0; i < busy; ++i) loop_.spawn(work(before.busy_port, i));
    loop_.spawn(ask_each(connections));
    loop_.run();
    loop_.spawn(close_each(connections));
    loop_.spawn(close_each(first));
    loop_.run();
    return static_cast<double>(full.resident - some.resident) / static_cast<double>(idle);
  }

  loop loop_;
  const config server_config_ = made(GetParam().server_options());
  const config client_config_ = made(GetParam().client_options());
};

TEST_P(many_connections, idle_and_busy_leave_nothing_behind) {
  const bool counts = system_calls::counted();  // else a sanitizer makes all of it ten times slower
  const std::size_t idle = counts ? 5000 : 300;
  const std::size_t busy = counts ? 200 : 20;
  if (raise_limit() < idle + idle / 16 + busy + 100) GTEST_SKIP() << "too few descriptors are allowed";

  server_process server(server_config_);
  const double each = visit(server, idle, busy);
  const possessions once = server.has(0);
  // The same again, with fewer: Asio keeps what it has for descriptors, for as many as there were.
  visit(server, idle / 5, busy);
  const possessions twice = server.has(0);
  EXPECT_EQ(twice.failures, 0U);
  EXPECT_EQ(twice.connections, 0U);
  EXPECT_EQ(twice.descriptors, once.descriptors);
#if defined(__OPTIMIZE__)
  const bool judged = counts;
#else
  const bool judged = false;
#endif
  // 64 bytes of each would be more.
  if (judged) {
    EXPECT_LE(twice.heap, once.heap + 64 * idle / 5);
  }

  // The portable wait is a coroutine more.
#if STLS_SOCK_EDGE_WAIT
  const bool limited =
      judged && GetParam().server->name() == "libssl" && openssl_version().starts_with("OpenSSL 3.0.");
#else
  const bool limited = false;
#endif
  std::printf("%.0f bytes of the server's memory for each idle connection%s\n", each,
              limited ? ", at most 16384" : " (not judged)");
  if (limited) {
    EXPECT_LE(each, 16384);
  }
}

// Both ends on one engine: the other one is a process apart, and does not notice.
std::vector<engine_case> same_engines() {
  std::vector<engine_case> all = engine_cases();
  std::erase_if(all, [](const engine_case& c) { return c.client != c.server; });
  return all;
}

INSTANTIATE_TEST_SUITE_P(engines, many_connections, ::testing::ValuesIn(same_engines()), case_name);

}  // namespace
}  // namespace stls::test
