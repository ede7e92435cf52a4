// Objects that are empty: default-constructed, or moved from. Everything answers invalid_state.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/memory_pair.hpp"
#include "support/pki.hpp"

#include <stls/connection.hpp>
#include <stls/stls.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <type_traits>
#include <utility>

namespace stls::test {
namespace {

static_assert(!std::copyable<connection> && std::movable<connection>);
static_assert(std::copyable<client> && std::copyable<server> && std::copyable<config>);
static_assert(std::is_nothrow_move_constructible_v<connection> &&
              std::is_nothrow_default_constructible_v<connection>);
static_assert(std::is_nothrow_default_constructible_v<client> &&
              std::is_nothrow_default_constructible_v<server>);
static_assert(sizeof(io_result) == 16 && std::is_trivially_copyable_v<io_result>);

void expect_empty(connection& conn) {
  bytes room(10);
  const auto expect_invalid = [&](io_result r, const char* verb) {
    EXPECT_EQ(r, failed) << verb;
    EXPECT_TRUE(is_error(conn.last_error(), errc::invalid_state)) << verb;
  };
  expect_invalid(conn.handshake(), "handshake");
  expect_invalid(conn.recv(room), "recv");
  expect_invalid(conn.recv({}), "recv of nothing");
  expect_invalid(conn.send(room), "send");
  expect_invalid(conn.send({}), "send of nothing");
  expect_invalid(conn.shutdown(), "shutdown");
  expect_invalid(conn.close(), "close");
  EXPECT_TRUE(is_error(conn.release_buffers(), errc::invalid_state));
  EXPECT_TRUE(is_error(conn.export_session(), errc::invalid_state));
  EXPECT_TRUE(is_error(conn.check_ocsp({}), errc::invalid_state));
  EXPECT_EQ(conn.pending(), 0U);
  EXPECT_EQ(conn.info().version, "");
  EXPECT_FALSE(conn.info().peer_certificate_given);
}

TEST(empty_connection, default_constructed) {
  connection conn;
  expect_empty(conn);
}

TEST(empty_connection, moved_from) {
  memory_pair wire;
  options opt;
  opt.ca = pki::file("ca.pem");
  const auto c = client::make(made(opt));
  ASSERT_TRUE(succeeded(c));
  auto conn = c->connect("localhost", transport::from(wire.client));
  ASSERT_TRUE(succeeded(conn));
  EXPECT_EQ(conn->handshake(), want_read);
  connection taken = std::move(*conn);
  expect_empty(*conn);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(taken.handshake(), want_read);
  connection assigned;
  assigned = std::move(taken);
  expect_empty(taken);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(assigned.handshake(), want_read);
}

TEST(empty_connection, assigning_an_empty_one_ends_the_old_one) {
  memory_pair wire;
  options opt;
  opt.ca = pki::file("ca.pem");
  const auto c = client::make(made(opt));
  ASSERT_TRUE(succeeded(c));
  auto conn = c->connect("localhost", transport::from(wire.client));
  ASSERT_TRUE(succeeded(conn));
  *conn = connection();
  expect_empty(*conn);
  connection& same = *conn;
  *conn = std::move(same);
  expect_empty(*conn);
}

TEST(empty_contexts, make_nothing) {
  memory_pair wire;
  const client c;
  EXPECT_TRUE(is_error(c.connect("localhost", transport::from(wire.client)), errc::invalid_state));
  EXPECT_TRUE(is_error(c.connect("localhost", transport::from(wire.client), to_bytes("session")),
                       errc::invalid_state));
  const server s;
  EXPECT_TRUE(is_error(s.accept(transport::from(wire.server)), errc::invalid_state));
}

TEST(empty_contexts, moved_from_ones_make_nothing) {
  memory_pair wire;
  options opt;
  opt.ca = pki::file("ca.pem");
  pki::present(opt, "server");
  auto c = client::make(made(opt));
  ASSERT_TRUE(succeeded(c));
  const client taken = std::move(*c);
  EXPECT_TRUE(is_error(c->connect("localhost", transport::from(wire.client)), errc::invalid_state));
  EXPECT_TRUE(succeeded(taken.connect("localhost", transport::from(wire.client))));
  auto s = server::make(made(opt));
  ASSERT_TRUE(succeeded(s));
  const server taken_too = std::move(*s);
  EXPECT_TRUE(is_error(s->accept(transport::from(wire.server)), errc::invalid_state));
  EXPECT_TRUE(succeeded(taken_too.accept(transport::from(wire.server))));
}

TEST(empty_contexts, can_be_reset_to_a_config) {
  memory_pair wire;
  options opt;
  opt.ca = pki::file("ca.pem");
  client c;
  ASSERT_TRUE(succeeded(c.reset(made(opt))));
  EXPECT_TRUE(succeeded(c.connect("localhost", transport::from(wire.client))));
}

}  // namespace
}  // namespace stls::test
