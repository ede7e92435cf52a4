// fd: descriptors as transports; sockets and pipes, blocking and not; and no SIGPIPE, ever.
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/connection.hpp>
#include <stls/fd.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stls::test {
namespace {

// ends is two descriptors that are closed at the end.
struct ends {
  ends() = default;
  ends(const ends&) = delete;
  ends& operator=(const ends&) = delete;
  ~ends() {
    close_one(0);
    close_one(1);
  }
  void close_one(std::size_t i) {
    if (number.at(i) >= 0) ::close(number.at(i));
    number.at(i) = -1;
  }
  void unblock() const {
    for (const int n : number) ASSERT_EQ(::fcntl(n, F_SETFL, ::fcntl(n, F_GETFL) | O_NONBLOCK), 0);
  }
  std::array<int, 2> number{-1, -1};
};

struct sockets : ends {
  sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, number.data()), 0); }
};

// number[0] is for reading.
struct pipes : ends {
  pipes() { EXPECT_EQ(::pipe(number.data()), 0); }
};

// While it lives, SIGPIPE is counted instead of being deadly.
class sigpipe_counter {
 public:
  sigpipe_counter() {
    count() = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++count(); };
    ::sigaction(SIGPIPE, &action, &before_);
  }
  sigpipe_counter(const sigpipe_counter&) = delete;
  sigpipe_counter& operator=(const sigpipe_counter&) = delete;
  ~sigpipe_counter() { ::sigaction(SIGPIPE, &before_, nullptr); }

  static std::atomic<int>& count() {
    static std::atomic<int> value{0};
    return value;
  }
  static bool pending() {
    sigset_t set;
    sigemptyset(&set);
    sigpending(&set);
    return sigismember(&set, SIGPIPE) == 1;
  }
  static bool blocked() {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    return sigismember(&set, SIGPIPE) == 1;
  }

 private:
  struct sigaction before_ {};
};

TEST(fd_descriptor, moves_bytes_over_a_socket) {
  const sockets pair;
  fd a(pair.number[0]);
  fd b(pair.number[1]);
  EXPECT_EQ(a.read_fd(), pair.number[0]);
  EXPECT_EQ(a.write_fd(), pair.number[0]);
  EXPECT_EQ(a.write(to_bytes("hello")), (io_result{5, io_status::ok}));
  bytes room(100);
  EXPECT_EQ(b.read(room), (io_result{5, io_status::ok}));
  EXPECT_EQ(to_text(std::span(room).first(5)), "hello");
}

TEST(fd_descriptor, moves_bytes_over_two_pipes) {
  const pipes there;
  const pipes back;
  fd a(back.number[0], there.number[1]);
  fd b(there.number[0], back.number[1]);
  EXPECT_EQ(a.read_fd(), back.number[0]);
  EXPECT_EQ(a.write_fd(), there.number[1]);
  bytes room(100);
  EXPECT_EQ(a.write(to_bytes("hello")), (io_result{5, io_status::ok}));
  EXPECT_EQ(b.read(room), (io_result{5, io_status::ok}));
  EXPECT_EQ(b.write(to_bytes("there")), (io_result{5, io_status::ok}));
  EXPECT_EQ(a.read(room), (io_result{5, io_status::ok}));
}

TEST(fd_descriptor, reads_a_file_to_its_end) {
  const std::string path = ::testing::TempDir() + "stls_test_fd_" + std::to_string(::getpid());
  std::ofstream(path) << "content";
  const int file = ::open(path.c_str(), O_RDONLY);
  ASSERT_GE(file, 0);
  fd in(file, -1);
  bytes room(100);
  EXPECT_EQ(in.read(room), (io_result{7, io_status::ok}));
  EXPECT_EQ(in.read(room), at_eof);
  ::close(file);
  ::unlink(path.c_str());
}

TEST(fd_descriptor, wants_where_a_non_blocking_one_cannot) {
  const sockets pair;
  pair.unblock();
  fd a(pair.number[0]);
  bytes room(65536);
  EXPECT_EQ(a.read(room), want_read);
  io_result r;
  for (int i = 0; i < 10000 && r.ok(); ++i) r = a.write(room);
  EXPECT_EQ(r, want_write);
  const pipes tube;
  tube.unblock();
  fd in(tube.number[0], -1);
  fd out(-1, tube.number[1]);
  EXPECT_EQ(in.read(room), want_read);
  r = {};
  for (int i = 0; i < 10000 && r.ok(); ++i) r = out.write(room);
  EXPECT_EQ(r, want_write);
}

TEST(fd_descriptor, the_end_is_the_end) {
  sockets pair;
  fd a(pair.number[0]);
  pair.close_one(1);
  bytes room(10);
  EXPECT_EQ(a.read(room), at_eof);
  EXPECT_EQ(a.read(room), at_eof);
}

TEST(fd_descriptor, an_error_leaves_errno) {
  fd none(-1);
  bytes room(10);
  errno = 0;
  EXPECT_EQ(none.read(room), failed);
  EXPECT_EQ(errno, EBADF);
  errno = 0;
  EXPECT_EQ(none.write(room), failed);
  EXPECT_EQ(errno, EBADF);
}

TEST(fd_descriptor, does_not_close_what_it_does_not_own) {
  const sockets pair;
  { const fd a(pair.number[0]); }
  EXPECT_NE(::fcntl(pair.number[0], F_GETFD), -1);
}

TEST(fd_sigpipe, is_not_raised_on_a_socket) {
  const sigpipe_counter signals;
  sockets pair;
  fd a(pair.number[0]);
  pair.close_one(1);
  EXPECT_EQ(a.write(to_bytes("hello")), failed);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(sigpipe_counter::count(), 0);
  EXPECT_FALSE(sigpipe_counter::pending());
}

TEST(fd_sigpipe, is_not_raised_on_a_pipe) {
  const sigpipe_counter signals;
  pipes tube;
  fd out(-1, tube.number[1]);
  tube.close_one(0);
  EXPECT_EQ(out.write(to_bytes("hello")), failed);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(sigpipe_counter::count(), 0);
  EXPECT_FALSE(sigpipe_counter::pending());
  EXPECT_FALSE(sigpipe_counter::blocked()) << "the mask of the thread is given back";
}

TEST(fd_sigpipe, of_somebody_else_is_left_alone) {
  const sigpipe_counter signals;
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  ::raise(SIGPIPE);
  ASSERT_TRUE(sigpipe_counter::pending());
  pipes tube;
  fd out(-1, tube.number[1]);
  tube.close_one(0);
  EXPECT_EQ(out.write(to_bytes("hello")), failed);
  EXPECT_TRUE(sigpipe_counter::pending()) << "one that was pending before is not ours to take";
  EXPECT_TRUE(sigpipe_counter::blocked());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);  // it arrives now
  EXPECT_EQ(sigpipe_counter::count(), 1);
}

// A signal interrupts a blocked read: the call is repeated, and nobody sees EINTR.
TEST(fd_signals, an_interrupted_call_is_repeated) {
  static std::atomic<int> interruptions{0};
  interruptions = 0;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { ++interruptions; };  // without SA_RESTART
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  const sockets pair;
  const auto me = ::pthread_self();
  const auto my_id = ::syscall(SYS_gettid);
  std::thread other([&] {
    const std::string status = "/proc/self/task/" + std::to_string(my_id) + "/stat";
    const auto asleep = [&] {
      std::string text;
      std::getline(std::ifstream(status), text);
      const auto at = text.rfind(") ");
      return at != std::string::npos && text.at(at + 2) == 'S';
    };
    for (int i = 0; i < 3; ++i) {
      while (!asleep()) std::this_thread::yield();
      ::pthread_kill(me, SIGUSR1);
      while (interruptions <= i) std::this_thread::yield();
    }
    EXPECT_EQ(::write(pair.number[1], "x", 1), 1);
  });
  fd a(pair.number[0]);
  bytes room(10);
  const auto r = a.read(room);
  other.join();
  EXPECT_EQ(r, (io_result{1, io_status::ok}));
  EXPECT_EQ(interruptions, 3);
  ::sigaction(SIGUSR1, &before, nullptr);
}

// -- connections over descriptors --

class fd_connection : public ::testing::TestWithParam<engine_case> {};

TEST_P(fd_connection, a_blocking_socket_never_sees_a_want) {
  const sockets pair;
  const auto c = client::make(made(GetParam().client_options()));
  const auto s = server::make(made(GetParam().server_options()));
  ASSERT_TRUE(succeeded(c));
  ASSERT_TRUE(succeeded(s));
  const auto data = pattern(300000);
  std::thread serving([&] {
    fd wire(pair.number[1]);
    auto conn = s->accept(transport::from(wire));
    ASSERT_TRUE(succeeded(conn));
    for (std::size_t sent = 0; sent < data.size();) {
      const auto r = conn->send(std::span(data).subspan(sent));
      ASSERT_TRUE(r.ok()) << to_string(r) << conn->last_error().message;
      sent += r.bytes;
    }
    EXPECT_EQ(conn->close(), done);
  });
  fd wire(pair.number[0]);
  auto conn = c->connect("localhost", transport::from(wire));
  bytes got;
  io_result r;
  while (conn) {
    bytes room(10000);
    r = conn->recv(room);
    if (!r.ok()) break;
    append(got, std::span(room).first(r.bytes));
  }
  EXPECT_EQ(r, at_eof) << (conn ? conn->last_error().message : conn.error().message);
  ::shutdown(pair.number[0], SHUT_RDWR);  // should the client have failed, the server shall not wait
  serving.join();
  EXPECT_EQ(difference(got, data), "");
}

TEST_P(fd_connection, a_peer_that_is_gone_is_an_error_and_no_signal) {
  const sigpipe_counter signals;
  for (const bool by_pipe : {false, true}) {
    sockets pair;
    pipes there;
    pipes back;
    fd mine = by_pipe ? fd(back.number[0], there.number[1]) : fd(pair.number[0]);
    const auto c = client::make(made(GetParam().client_options()));
    ASSERT_TRUE(succeeded(c));
    auto conn = c->connect("localhost", transport::from(mine));
    ASSERT_TRUE(succeeded(conn));
    pair.close_one(1);
    there.close_one(0);
    EXPECT_EQ(conn->handshake(), failed);
    EXPECT_TRUE(is_error(conn->last_error(), errc::transport,
                         "write callback failed: " + std::generic_category().message(EPIPE)));
    EXPECT_EQ(conn->last_error().native, EPIPE);
    EXPECT_EQ(conn->close(), done);
  }
  EXPECT_EQ(sigpipe_counter::count(), 0);
}

INSTANTIATE_TEST_SUITE_P(engines, fd_connection, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
