// The order of calls, wants, and ends.
#include "capi/kit.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

namespace capi {
namespace {

TEST(capi_verbs, belong_to_their_context_and_have_an_order) {
  const context c = client(client_config());
  const context s = server(server_config());
  const auto refused = [](const context& ctx, ssize_t answer, const char* why) {
    EXPECT_EQ(answer, -1) << why;
    EXPECT_EQ(errno, 0);
    EXPECT_EQ(text(tls_error(ctx.get())), why);
  };
  char byte = 0;
  tls* accepted = nullptr;
  refused(c, tls_handshake(c.get()), "context not connected");
  refused(c, tls_read(c.get(), &byte, 1), "context not connected");
  refused(c, tls_write(c.get(), &byte, 1), "context not connected");
  refused(c, tls_accept_fds(c.get(), &accepted, 0, 1), "not a server context");
  refused(s, tls_handshake(s.get()), "invalid operation for context");
  refused(s, tls_read(s.get(), &byte, 1), "invalid operation for context");
  refused(s, tls_close(s.get()), "invalid operation for context");
  refused(s, tls_connect_fds(s.get(), 0, 1, "localhost"), "not a client context");
  refused(c, tls_connect_fds(c.get(), -1, 1, "localhost"), "invalid file descriptors");
  refused(c, tls_connect_cbs(c.get(), nullptr, nullptr, nullptr, "localhost"), "a callback is missing");
  refused(s, tls_accept_cbs(s.get(), &accepted, nullptr, nullptr, nullptr), "a callback is missing");
  EXPECT_EQ(accepted, nullptr);
  EXPECT_EQ(tls_close(c.get()), 0) << "there is nothing to close";

  const context bare(tls_server());
  refused(bare, tls_accept_fds(bare.get(), &accepted, 0, 1),
          "cert: missing; a server needs a certificate and its key: set cert and key, or keypairs");

  link l;
  l.open(client_config(), server_config());
  refused(l.client, tls_connect_fds(l.client.get(), 0, 1, "localhost"), "context already connected");
  refused(l.server, tls_configure(l.server.get(), nullptr),
          "a connection that was accepted has its server's config");
  ASSERT_TRUE(l.shake());
  EXPECT_EQ(tls_error(l.client.get()), nullptr);
  refused(l.client, tls_handshake(l.client.get()), "handshake: already done");
  EXPECT_TRUE(l.greet()) << "which has ended nothing";
  EXPECT_EQ(tls_error(l.client.get()), nullptr);
}

TEST(capi_verbs, a_context_that_was_reset_is_a_new_one) {
  link l;
  l.open(client_config(), server_config());
  ASSERT_TRUE(l.shake());
  context again = std::move(l.client);
  tls_reset(again.get());
  EXPECT_EQ(tls_conn_version(again.get()), nullptr);
  char byte = 0;
  EXPECT_EQ(tls_read(again.get(), &byte, 1), -1);
  EXPECT_EQ(tls_configure(again.get(), client_config().get()), 0);
  link second;
  second.open(std::move(again), server_config());
  EXPECT_TRUE(second.shake() && second.greet());
}

TEST(capi_verbs, a_connection_outlives_its_server) {
  link l;
  l.open(client_config(), server_config());
  l.listener.reset();
  EXPECT_TRUE(l.shake() && l.greet());
}

TEST(capi_verbs, writing_nothing_does_nothing) {
  link l;
  l.open(client_config(), server_config());
  EXPECT_EQ(tls_write(l.client.get(), "", 0), 0) << "before the handshake, too";
  ASSERT_TRUE(l.shake());
  EXPECT_EQ(tls_write(l.client.get(), "", 0), 0);
  EXPECT_EQ(tls_write(l.client.get(), nullptr, 0), 0);
  EXPECT_TRUE(l.greet());
  EXPECT_EQ(tls_close(l.client.get()), 0);
}

TEST(capi_verbs, the_end_with_close_notify) {
  link l;
  l.open(client_config(), server_config());
  ASSERT_TRUE(l.shake() && l.greet());
  EXPECT_EQ(tls_close(l.client.get()), 0);
  char byte = 0;
  EXPECT_EQ(tls_read(l.server.get(), &byte, 1), 0);
  EXPECT_EQ(tls_read(l.server.get(), &byte, 1), 0) << "again and again";
  EXPECT_EQ(tls_close(l.server.get()), 0);
}

TEST(capi_verbs, the_end_without_close_notify_is_told_by_close) {
  link l;
  l.open(client_config(), server_config());
  ASSERT_TRUE(l.shake() && l.greet());
  l.wire.client.finish();
  char byte = 0;
  EXPECT_EQ(tls_read(l.server.get(), &byte, 1), 0);
  EXPECT_EQ(tls_error(l.server.get()), nullptr);
  EXPECT_EQ(tls_read(l.server.get(), &byte, 1), 0);
  EXPECT_EQ(tls_close(l.server.get()), -1);
  EXPECT_EQ(text(tls_error(l.server.get())), "EOF without close notify");
  EXPECT_EQ(errno, 0);
}

TEST(capi_verbs, an_end_in_the_handshake_is_a_failure) {
  link l;
  l.open(client_config(), server_config());
  l.wire.server.finish();
  char byte = 0;
  EXPECT_EQ(tls_read(l.client.get(), &byte, 1), -1);
  EXPECT_EQ(text(tls_error(l.client.get())), "handshake failed: connection ended in the middle of it");
}

TEST(capi_verbs, read_and_write_do_the_handshake) {
  link l;
  l.open(client_config(), server_config());
  EXPECT_TRUE(l.greet());
}

TEST(capi_verbs, a_failed_callback_is_told_with_its_errno_and_leaves_none) {
  const context c = client(client_config());
  const auto fails = [](tls*, const void*, std::size_t, void*) -> ssize_t {
    errno = ECONNRESET;
    return -1;
  };
  ASSERT_EQ(tls_connect_cbs(c.get(), read_end, fails, nullptr, "localhost"), 0);
  EXPECT_EQ(tls_handshake(c.get()), -1);
  EXPECT_EQ(errno, 0);
  EXPECT_NE(text(tls_error(c.get())).find(std::strerror(ECONNRESET)), std::string::npos)
      << text(tls_error(c.get()));
}

TEST(capi_verbs, a_callback_that_throws_is_a_failed_one) {
  const context c = client(client_config());
  const auto throws = [](tls*, const void*, std::size_t, void*) -> ssize_t {
    throw std::runtime_error("no");
  };
  ASSERT_EQ(tls_connect_cbs(c.get(), read_end, throws, nullptr, "localhost"), 0);
  EXPECT_EQ(tls_handshake(c.get()), -1);
}

// The argument is an integer, and the context is that of the connection.
TEST(capi_verbs, the_argument_of_callbacks_is_never_looked_at) {
  static tls* seen = nullptr;
  static void* given = nullptr;
  const context c = client(client_config());
  const auto reads = [](tls*, void*, std::size_t, void*) -> ssize_t { return TLS_WANT_POLLIN; };
  const auto writes = [](tls* ctx, const void*, std::size_t len, void* arg) -> ssize_t {
    seen = ctx;
    given = arg;
    return static_cast<ssize_t>(len);
  };
  void* const seven = reinterpret_cast<void*>(7);
  ASSERT_EQ(tls_connect_cbs(c.get(), reads, writes, seven, "localhost"), 0);
  EXPECT_EQ(tls_handshake(c.get()), TLS_WANT_POLLIN);
  EXPECT_EQ(seen, c.get());
  EXPECT_EQ(given, seven);
}

TEST(capi_verbs, a_want_is_answered_only_where_a_callback_asked_for_it) {
  // TLS 1.3: tickets come between the data, and must not make tls_read answer a want of its own.
  const config c = client_config();
  const config s = server_config();
  tls_config_set_session_lifetime(s.get(), 3600);
  link l;
  l.open(c, s);
  ASSERT_TRUE(l.shake());
  ASSERT_EQ(tls_write(l.server.get(), "data", 4), 4);
  std::array<char, 8> room{};
  const auto wants = l.wire.client.reads().wants;
  EXPECT_EQ(tls_read(l.client.get(), room.data(), room.size()), 4) << "behind two tickets";
  EXPECT_EQ(l.wire.client.reads().wants, wants);
  EXPECT_EQ(tls_read(l.client.get(), room.data(), room.size()), TLS_WANT_POLLIN);
  EXPECT_EQ(l.wire.client.reads().wants, wants + 1);
}

TEST(capi_verbs, nothing_is_read_ahead) {
  // Who polls before each tls_read must find what was not read yet in the descriptor.
  link l;
  l.open(client_config(), server_config());
  ASSERT_TRUE(l.shake());
  ASSERT_TRUE(l.greet());
  ASSERT_EQ(tls_write(l.server.get(), "one", 3), 3);
  ASSERT_EQ(tls_write(l.server.get(), "two", 3), 3);
  std::array<char, 8> room{};
  const auto both = l.wire.client.unread();
  EXPECT_EQ(tls_read(l.client.get(), room.data(), room.size()), 3);
  EXPECT_EQ(l.wire.client.unread(), both / 2);
}

// -- over descriptors

struct sockets {
  sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, both.data()), 0); }
  sockets(const sockets&) = delete;
  sockets& operator=(const sockets&) = delete;
  ~sockets() {
    ::close(both[0]);
    ::close(both[1]);
  }
  std::array<int, 2> both{};
};

TEST(capi_verbs, blocking_sockets_never_see_a_want) {
  const sockets pair;
  const config s = server_config();
  tls_config_set_session_lifetime(s.get(), 3600);
  const context listener = server(s);
  std::thread peer([&] {
    tls* accepted = nullptr;
    EXPECT_EQ(tls_accept_socket(listener.get(), &accepted, pair.both[1]), 0);
    const context conn(accepted);
    std::array<char, 16> room{};
    EXPECT_EQ(tls_read(conn.get(), room.data(), room.size()), 5);
    EXPECT_EQ(tls_write(conn.get(), "world", 5), 5);
    EXPECT_EQ(tls_close(conn.get()), 0);
  });
  const context c = client(client_config());
  EXPECT_EQ(tls_connect_socket(c.get(), pair.both[0], "localhost"), 0);
  EXPECT_EQ(tls_handshake(c.get()), 0) << text(tls_error(c.get()));
  EXPECT_EQ(tls_write(c.get(), "hello", 5), 5);
  std::array<char, 16> room{};
  EXPECT_EQ(tls_read(c.get(), room.data(), room.size()), 5);
  EXPECT_EQ(tls_read(c.get(), room.data(), room.size()), 0);
  EXPECT_EQ(tls_close(c.get()), 0);
  peer.join();
}

TEST(capi_verbs, a_pair_of_descriptors_and_a_peer_that_is_gone) {
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  ASSERT_EQ(::pipe(to.data()), 0);
  ASSERT_EQ(::pipe(from.data()), 0);
  const context c = client(client_config());
  ASSERT_EQ(tls_connect_fds(c.get(), from[0], to[1], "localhost"), 0);
  ::close(to[0]);
  ::close(from[1]);
  EXPECT_EQ(tls_handshake(c.get()), -1) << "and no SIGPIPE has killed the test";
  EXPECT_EQ(tls_close(c.get()), 0);
  EXPECT_EQ(::close(from[0]), 0) << "descriptors stay the caller's";
  EXPECT_EQ(::close(to[1]), 0);
}

}  // namespace
}  // namespace capi
