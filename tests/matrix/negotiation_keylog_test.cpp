// The option keylog: lines of an NSS key log file.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> all(1);
  for (const char c : line) {
    if (c == ' ') {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  return all;
}

class matrix_keylog : public ::testing::TestWithParam<engine_case> {
 protected:
  void SetUp() override {
    if (!GetParam().client->capabilities().keylog || !GetParam().server->capabilities().keylog) {
      GTEST_SKIP() << "an engine without it";
    }
  }
};

TEST_P(matrix_keylog, has_the_secrets_of_this_connection) {
  std::set<std::string> client_lines;
  std::set<std::string> server_lines;
  auto client = GetParam().client_options();
  auto server = GetParam().server_options();
  client.keylog = [&](std::string_view line) { client_lines.emplace(line); };
  server.keylog = [&](std::string_view line) { server_lines.emplace(line); };
  const auto m = meet(client, server);
  ASSERT_TRUE(m.ok);
  const auto hello = client_hello(m.client_sent);
  ASSERT_TRUE(hello);

  std::set<std::string> labels;
  for (const auto& line : client_lines) {
    const auto parts = words(line);
    ASSERT_EQ(parts.size(), 3U) << line;
    labels.insert(parts[0]);
    EXPECT_EQ(parts[1], to_hex(hello->random));
    EXPECT_GE(parts[2].size(), 64U);
    EXPECT_TRUE(std::all_of(parts[2].begin(), parts[2].end(), [](char c) { return std::isxdigit(c) != 0; }))
        << line;
  }
  if (GetParam().tls1_3()) {
    for (const char* label : {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                              "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}) {
      EXPECT_TRUE(labels.contains(label)) << label;
    }
  } else {
    EXPECT_EQ(labels, std::set<std::string>{"CLIENT_RANDOM"});
  }
  EXPECT_EQ(client_lines, server_lines);
}

TEST_P(matrix_keylog, is_described_and_warned_of) {
  std::vector<std::string> warnings;
  auto opt = GetParam().client_options();
  opt.keylog = [](std::string_view) {};
  opt.on_warning = [&](const warning& w) { warnings.emplace_back(w.code); };
  EXPECT_NE(made(opt).describe().find("\nkeylog: true\n"), std::string::npos);
  EXPECT_EQ(warnings, std::vector<std::string>{"keylog"});
}

TEST_P(matrix_keylog, an_exception_does_not_concern_the_connection) {
  auto client = GetParam().client_options();
  auto server = GetParam().server_options();
  client.keylog = server.keylog = [](std::string_view) { throw std::runtime_error("the disk is full"); };
  EXPECT_TRUE(meet(client, server).ok);
}

// nosy_wire knows whether one of its callbacks is running.
struct nosy_wire {
  pipe_end& wire;
  bool inside = false;
  io_result read(std::span<std::byte> into) noexcept {
    inside = true;
    const io_result r = wire.read(into);
    inside = false;
    return r;
  }
  io_result write(std::span<const std::byte> from) noexcept {
    inside = true;
    const io_result r = wire.write(from);
    inside = false;
    return r;
  }
};

TEST_P(matrix_keylog, comes_outside_of_the_transport_and_may_not_call_back) {
  tls_link link;
  nosy_wire nosy{.wire = link.wire.client};
  connection conn;
  std::size_t lines = 0;
  auto client = GetParam().client_options();
  client.keylog = [&](std::string_view) {
    ++lines;
    EXPECT_FALSE(nosy.inside);
    EXPECT_EQ(conn.handshake(), failed);
    EXPECT_TRUE(is_error(conn.last_error(), errc::busy));
  };
  conn = *stls::client::make(made(client))->connect("localhost", transport::from(nosy));
  link.server.adopt(stls::server::make(made(GetParam().server_options()))->accept(link.server.io()));
  actor b(link.server);
  b.handshake().send(to_bytes("hello"));
  io_result r = want_read;
  for (int turns = 0; turns < 1000 && r.wants(); ++turns) {
    r = conn.handshake();
    drive(b);
  }
  EXPECT_EQ(r, done) << conn.last_error().message;
  EXPECT_GT(lines, 0U);
  std::array<std::byte, 5> greeting{};
  EXPECT_EQ(conn.recv(greeting), (io_result{5, io_status::ok}));
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_keylog, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
