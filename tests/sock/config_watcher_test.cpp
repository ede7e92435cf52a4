// config_watcher over real files, which change as people and programs change them.
#include "sock/kit/loop.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>
#include <asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace stls::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

#if defined(__linux__)

class sock_config_watcher : public ::testing::Test {
 protected:
  sock_config_watcher() {
    std::string name = (fs::temp_directory_path() / "stls_watch_XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    at_ = name;
  }
  ~sock_config_watcher() override { fs::remove_all(at_); }

  // put writes a pair of the PKI into a directory, as tls.crt and tls.key.
  static void put(const fs::path& directory, const std::string& pair) {
    fs::create_directories(directory);
    pki::write(directory / "tls.crt", pki::read(pki::path(pair + ".pem")));
    pki::write(directory / "tls.key", pki::read(pki::path(pair + ".key")));
  }

  static options serving(const fs::path& directory) {
    options opt;
    opt.cert = pem::file(directory / "tls.crt");
    opt.key = pem::file(directory / "tls.key");
    return opt;
  }

  static watch_options at_once() {
    watch_options how;
    how.quiet = 0ms;
    how.patience = 0ms;
    return how;
  }

  // issuer tells the two certificates of these tests apart.
  static std::string issuer(const config& conf) {
    options opt;
    opt.ca = pki::file("ca.pem");
    const meeting m = meet(made(opt), conf);
    EXPECT_TRUE(m.ok) << m.client << m.server;
    return m.client_info.peer.issuer;
  }
  static std::string issuer_of(const std::string& pair) {
    options opt;
    pki::present(opt, pair);
    return issuer(made(opt));
  }

  // The test of all ways to replace a file: before, the config is that of `server`, and afterwards, without
  // another word, that of `server-direct`.
  void expect_to_notice(const options& opt, const std::function<void()>& replace) {
    watch_options how;
    how.quiet = 5ms;
    how.patience = 1min;  // what is found half done is no error
    auto files = config_watcher::make(loop_.executor(), opt, how);
    ASSERT_TRUE(succeeded(files));
    EXPECT_EQ(issuer(files->current()), issuer_of("server"));
    loop_.spawn([](config_watcher& w) -> asio::awaitable<void> {
      std::string now;
      while (now != issuer_of("server-direct")) {
        const auto conf = co_await w.next(1min);
        EXPECT_TRUE(succeeded(conf));
        if (!conf) co_return;
        now = issuer(*conf);
      }
      EXPECT_EQ(issuer(w.current()), now);
    }(*files));
    asio::post(loop_.context(), replace);
    loop_.run();
  }

  // poll lets the coroutines go on until they wait.
  void poll() {
    loop_.context().restart();
    loop_.context().poll();
  }

  // next gives what the next config is, or why there is none.
  result<config> next(config_watcher& w, expires e = 1min) {
    std::optional<result<config>> told;
    loop_.spawn(
        [](config_watcher& of, expires until, std::optional<result<config>>& to) -> asio::awaitable<void> {
          to = co_await of.next(until);
        }(w, e, told));
    loop_.run();
    return told.value_or(result<config>(tl::unexpect, error(errc::internal, "next hangs")));
  }

  // try_often asks for a config up to so many times, for a millisecond each time.
  result<config> try_often(config_watcher& w, int times) {
    auto told = next(w, 1ms);
    for (int i = 1; i < times && !told && told.error() == errc::timed_out; ++i) told = next(w, 1ms);
    return told;
  }

  loop loop_;
  fs::path at_;
};

TEST_F(sock_config_watcher, notices_files_that_are_written_in_place) {
  put(at_, "server");
  expect_to_notice(serving(at_), [&] { put(at_, "server-direct"); });
}

TEST_F(sock_config_watcher, notices_files_that_are_replaced_by_a_rename) {
  put(at_, "server");
  expect_to_notice(serving(at_), [&] {
    put(at_ / "new", "server-direct");
    fs::rename(at_ / "new" / "tls.crt", at_ / "tls.crt");
    fs::rename(at_ / "new" / "tls.key", at_ / "tls.key");
  });
}

TEST_F(sock_config_watcher, notices_links_that_are_replaced_as_certbot_does) {
  put(at_ / "archive" / "1", "server");
  fs::create_directories(at_ / "live");
  const auto link_to = [&](const std::string& version) {
    for (const std::string name : {"tls.crt", "tls.key"}) {
      fs::remove(at_ / "live" / name);
      fs::create_symlink("../archive/" + version + "/" + name, at_ / "live" / name);
    }
  };
  link_to("1");
  expect_to_notice(serving(at_ / "live"), [&] {
    put(at_ / "archive" / "2", "server-direct");
    link_to("2");
  });
}

TEST_F(sock_config_watcher, notices_a_link_on_the_way_that_is_replaced_as_kubernetes_does) {
  put(at_ / "..2026_1", "server");
  fs::create_directory_symlink("..2026_1", at_ / "..data");
  fs::create_symlink("..data/tls.crt", at_ / "tls.crt");
  fs::create_symlink("..data/tls.key", at_ / "tls.key");
  expect_to_notice(serving(at_), [&] {
    put(at_ / "..2026_2", "server-direct");
    fs::create_directory_symlink("..2026_2", at_ / "..data_tmp");
    fs::rename(at_ / "..data_tmp", at_ / "..data");
    fs::remove_all(at_ / "..2026_1");
  });
}

TEST_F(sock_config_watcher, notices_a_directory_that_is_replaced) {
  put(at_ / "here", "server");
  expect_to_notice(serving(at_ / "here"), [&] {
    put(at_ / "new", "server-direct");
    fs::rename(at_ / "here", at_ / "old");
    fs::rename(at_ / "new", at_ / "here");
  });
}

TEST_F(sock_config_watcher, notices_a_directory_on_the_way_that_is_replaced) {
  put(at_ / "here" / "tls" / "live", "server");
  expect_to_notice(serving(at_ / "here" / "tls" / "live"), [&] {
    put(at_ / "new" / "tls" / "live", "server-direct");
    fs::rename(at_ / "here", at_ / "old");
    fs::rename(at_ / "new", at_ / "here");
  });
}

TEST_F(sock_config_watcher, notices_a_file_by_a_relative_path) {
  put(at_, "server");
  const fs::path before = fs::current_path();
  fs::current_path(at_);
  expect_to_notice(serving("."), [&] { put(at_, "server-direct"); });
  fs::current_path(before);
}

TEST_F(sock_config_watcher, notices_what_comes_into_ca_path) {
  fs::create_directories(at_ / "roots");
  for (const auto& entry : fs::directory_iterator(pki::path("ca-dir")))
    fs::copy(fs::canonical(entry.path()), at_ / "roots" / entry.path().filename());
  options opt;
  opt.ca_path = at_ / "roots";
  auto files = config_watcher::make(loop_.executor(), opt, at_once());
  ASSERT_TRUE(succeeded(files));
  const std::string before = files->current().describe();
  pki::write(at_ / "roots" / "12345678.0", pki::read(pki::path("ca2.pem")));
  const auto conf = next(*files);
  ASSERT_TRUE(succeeded(conf));
  EXPECT_NE(conf->describe(), before);
  options untrusted;
  pki::present(untrusted, "untrusted");
  EXPECT_TRUE(meet(*conf, made(untrusted)).ok);
}

TEST_F(sock_config_watcher, does_not_care_for_what_else_is_in_a_directory) {
  put(at_, "server");
  auto files = config_watcher::make(loop_.executor(), serving(at_), at_once());
  ASSERT_TRUE(succeeded(files));
  pki::write(at_ / "tls.crt.new", "not yet");
  EXPECT_TRUE(is_error(next(*files, 0s), errc::timed_out));
  fs::rename(at_ / "tls.crt.new", at_ / "other");
  EXPECT_TRUE(is_error(next(*files, 0s), errc::timed_out));
}

TEST_F(sock_config_watcher, waits_for_the_key_to_a_new_certificate) {
  put(at_, "server");
  watch_options how = at_once();
  how.patience = 1min;
  auto files = config_watcher::make(loop_.executor(), serving(at_), how);
  ASSERT_TRUE(succeeded(files));
  pki::write(at_ / "tls.crt", pki::read(pki::path("server-direct.pem")));
  std::optional<result<config>> told;
  loop_.spawn([](config_watcher& of, std::optional<result<config>>& to) -> asio::awaitable<void> {
    to = co_await of.next(1min);
  }(*files, told));
  poll();  // it has read the certificate, and the old key
  EXPECT_FALSE(told);
  pki::write(at_ / "tls.key", pki::read(pki::path("server-direct.key")));
  loop_.run();
  ASSERT_TRUE(told && succeeded(*told));
  EXPECT_EQ(issuer(**told), issuer_of("server-direct"));
}

TEST_F(sock_config_watcher, tells_what_is_wrong_and_keeps_the_config) {
  put(at_, "server");
  auto files = config_watcher::make(loop_.executor(), serving(at_), at_once());
  ASSERT_TRUE(succeeded(files));

  pki::write(at_ / "tls.crt", "garbage");
  const auto broken = next(*files);
  EXPECT_TRUE(is_error(broken, errc::bad_pem));
  EXPECT_TRUE(broken || broken.error().message.starts_with("cert: ")) << broken.error();

  pki::write(at_ / "tls.crt", pki::read(pki::path("server-direct.pem")));
  EXPECT_TRUE(is_error(next(*files), errc::key_mismatch));

  fs::remove(at_ / "tls.key");
  EXPECT_TRUE(is_error(next(*files), std::make_error_code(std::errc::no_such_file_or_directory)));
  EXPECT_EQ(issuer(files->current()), issuer_of("server"));

  put(at_, "server-direct");
  const auto mended = next(*files);
  ASSERT_TRUE(succeeded(mended));
  EXPECT_EQ(issuer(*mended), issuer_of("server-direct"));
}

TEST_F(sock_config_watcher, loses_no_change_to_a_time_out_or_a_cancellation) {
  put(at_, "server");
  watch_options how;
  how.quiet = 1min;
  auto slow = config_watcher::make(loop_.executor(), serving(at_), how);
  how.quiet = 0ms;
  how.patience = 1min;
  auto patient = config_watcher::make(loop_.executor(), serving(at_), how);
  ASSERT_TRUE(succeeded(slow) && succeeded(patient));

  pki::write(at_ / "tls.crt", "garbage");
  EXPECT_TRUE(is_error(next(*slow, 0s), errc::timed_out));
  EXPECT_TRUE(is_error(next(*patient, 0s), errc::timed_out));
  std::optional<result<config>> told;
  loop_.spawn([](config_watcher& of, std::optional<result<config>>& to) -> asio::awaitable<void> {
    to = co_await of.next();
  }(*patient, told));
  poll();
  EXPECT_FALSE(told);
  loop_.spawn([](config_watcher& of) -> asio::awaitable<void> {
    EXPECT_TRUE(is_error(co_await of.next(), errc::busy));
  }(*patient));
  patient->cancel();
  loop_.run();
  ASSERT_TRUE(told);
  EXPECT_TRUE(is_error(*told, errc::cancelled));

  put(at_, "server-direct");
  EXPECT_TRUE(succeeded(next(*patient)));
}

// A program that does other things in between, and waits for a moment each time.
TEST_F(sock_config_watcher, gives_a_config_to_who_is_less_patient_than_it) {
  put(at_, "server");
  watch_options how;
  how.quiet = 50ms;
  auto files = config_watcher::make(loop_.executor(), serving(at_), how);
  ASSERT_TRUE(succeeded(files));
  put(at_, "server-direct");
  // Of 1 ms at least each: ten times `quiet` is over long before the last.
  const auto conf = try_often(*files, 1000);
  ASSERT_TRUE(succeeded(conf));
  EXPECT_EQ(issuer(*conf), issuer_of("server-direct"));
  EXPECT_TRUE(is_error(next(*files, 0s), errc::timed_out));  // it is told once
}

TEST_F(sock_config_watcher, tells_who_is_less_patient_than_it_what_is_wrong) {
  put(at_, "server");
  watch_options how = at_once();
  how.patience = 50ms;
  auto files = config_watcher::make(loop_.executor(), serving(at_), how);
  ASSERT_TRUE(succeeded(files));
  pki::write(at_ / "tls.crt", "garbage");
  EXPECT_TRUE(is_error(try_often(*files, 1000), errc::bad_pem));
  EXPECT_TRUE(is_error(next(*files, 0s), errc::timed_out));  // it is told once
  put(at_, "server-direct");
  EXPECT_TRUE(succeeded(try_often(*files, 1000)));
}

TEST_F(sock_config_watcher, that_is_destroyed_ends_the_wait) {
  put(at_, "server");
  auto files = config_watcher::make(loop_.executor(), serving(at_));
  ASSERT_TRUE(succeeded(files));
  std::optional<config_watcher> w(std::move(*files));
  loop_.spawn([](config_watcher& of) -> asio::awaitable<void> {
    EXPECT_TRUE(is_error(co_await of.next(), errc::closed));
  }(*w));
  poll();
  w.reset();
  loop_.run();
}

TEST_F(sock_config_watcher, begins_with_files_that_are_good) {
  EXPECT_TRUE(is_error(config_watcher::make(loop_.executor(), serving(at_)),
                       std::make_error_code(std::errc::no_such_file_or_directory)));
  config_watcher none;
  const auto nothing = next(none);
  EXPECT_TRUE(is_error(nothing, errc::invalid_state));
  EXPECT_TRUE(nothing || nothing.error().message.starts_with("next: the config_watcher is empty"))
      << nothing.error();
  EXPECT_FALSE(none.current());
}

// What a loop says of a descriptor that it cannot take is the system's.
TEST_F(sock_config_watcher, tells_what_the_system_says) {
  put(at_, "server");
  const auto polls = [] {
    std::set<int> all;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      if (fs::read_symlink(entry.path(), gone) == "anon_inode:[eventpoll]")
        all.insert(std::stoi(entry.path().filename().string()));
    }
    return all;
  };
  const std::set<int> before = polls();
  loop broken;
  // Asio makes it when a descriptor is there to be looked at.
  const asio::posix::stream_descriptor some(broken.context(), ::open("/dev/ptmx", O_RDWR | O_CLOEXEC));
  std::set<int> own = polls();
  for (const int other : before) own.erase(other);
#ifndef ASIO_HAS_EPOLL
  GTEST_SKIP() << "the loop is not epoll's";
#endif
  ASSERT_EQ(own.size(), 1U);
  const int none = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ASSERT_GE(::dup3(none, *own.begin(), O_CLOEXEC), 0);
  ::close(none);
  const auto files = config_watcher::make(broken.executor(), serving(at_));
  EXPECT_TRUE(is_error(files, std::make_error_code(std::errc::invalid_argument)));
  EXPECT_TRUE(files || files.error().message.starts_with("config_watcher: ")) << files.error();
}

// The command that the manual of ticket_key_source shows.
TEST_F(sock_config_watcher, takes_up_ticket_keys_that_were_rotated) {
  if (!of_default_engine().tickets) GTEST_SKIP() << "the engine has no tickets";
  int rotations = 0;
  const auto rotate = [&] {
    // Each in a second of its own.
    const std::string clock = "date() { expr $(command date $1) + " + std::to_string(rotations++) + "; }\n";
    const std::string command = R"sh(f=tickets.keys; umask 077
      { tail -n 3 $f; echo "$(date +%s) $(openssl rand -hex 48)"; } > $f.new && mv $f.new $f)sh";
    EXPECT_EQ(std::system(("cd " + at_.string() + "\n" + clock + command).c_str()), 0);
  };
  put(at_, "server");
  pki::write(at_ / "tickets.keys", "");
  rotate();
  rotate();
  options opt = serving(at_);
  opt.ticket_keys = ticket_key_source::file(at_ / "tickets.keys");
  auto files = config_watcher::make(loop_.executor(), opt, at_once());
  ASSERT_TRUE(succeeded(files));
  options clients;
  clients.ca = pki::file("ca.pem");
  const config client_conf = made(clients);
  EXPECT_FALSE(meet(client_conf, files->current()).client_info.resumed);
  for (int i = 0; i < 6; ++i) {
    rotate();
    const auto conf = next(*files);
    ASSERT_TRUE(succeeded(conf));
    EXPECT_TRUE(meet(client_conf, *conf).client_info.resumed) << "rotation " << i;
  }
}

// All together: a server whose certificate is replaced, and then broken, while it serves.
TEST_F(sock_config_watcher, keeps_a_server_fresh) {
  put(at_, "server");
  options clients;
  clients.ca = pki::file("ca.pem");
  clients.sessions = 0;  // it sees the certificate each time
  const config conf = made(clients);
  const auto ask = [&](std::uint16_t port) -> asio::awaitable<std::string> {
    tcp lower(loop_.executor());
    EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
    auto s = client_stcp(std::move(lower), "localhost", conf);
    EXPECT_TRUE(succeeded(s));
    EXPECT_TRUE(succeeded(co_await s->handshake(1min)));
    EXPECT_TRUE(succeeded(co_await s->close()));
    co_return s->info().peer.issuer;
  };
  const auto answer = [](stcp s) -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await s.handshake(1min)));
    EXPECT_TRUE(succeeded(co_await s.close()));
  };
  const auto accept_all = [&](stcp_server& at) -> asio::awaitable<void> {
    while (auto s = co_await at.accept()) loop_.spawn(answer(std::move(*s)));
  };
  const auto serve = [&]() -> asio::awaitable<void> {
    auto files = config_watcher::make(loop_.executor(), serving(at_), at_once());
    EXPECT_TRUE(succeeded(files));
    auto at = co_await stls::listen("127.0.0.1", 0, files->current());
    EXPECT_TRUE(succeeded(at));
    const std::uint16_t port = at->local()->port;
    loop_.spawn(accept_all(*at));
    EXPECT_EQ(co_await ask(port), issuer_of("server"));

    put(at_, "server-direct");
    const auto fresh = co_await files->next(1min);
    EXPECT_TRUE(succeeded(fresh));
    EXPECT_TRUE(succeeded(at->reload(fresh.value_or(config()))));
    EXPECT_EQ(co_await ask(port), issuer_of("server-direct"));

    fs::remove(at_ / "tls.crt");
    EXPECT_FALSE(co_await files->next(1min));
    EXPECT_EQ(co_await ask(port), issuer_of("server-direct"));
    EXPECT_TRUE(succeeded(co_await at->close()));
  };
  loop_.spawn(serve());
  loop_.run();
}

#else

TEST(sock_config_watcher, says_that_it_cannot) {
  loop l;
  EXPECT_TRUE(is_error(config_watcher::make(l.executor(), options()), errc::unsupported));
}

#endif

}  // namespace
}  // namespace stls::test
