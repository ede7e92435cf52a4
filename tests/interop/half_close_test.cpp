// One direction that ends while the other goes on: our sockets, `gnutls-cli` and `gnutls-serv`.
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <limits>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

std::string priority(const kind& k) {
  return std::string("--priority=NORMAL:-VERS-ALL:+VERS-TLS") + (k.is_1_3() ? "1.3" : "1.2");
}

class HalfClose : public by_kind {
 protected:
  static stls::config config_of(const stls::options& o) { return stls::config::make(o).value(); }
};

// What a server has said when it has heard all.
struct heard {
  std::string text;
  std::string failure;
};

// It answers when the client has ended its direction, and not before.
asio::awaitable<void> answer_at_the_end(stls::stcp_server& server, std::string_view answer, heard& of) {
  auto s = co_await server.accept();
  if (!s) {
    of.failure = s.error().message;
    co_return;
  }
  std::vector<std::byte> question;
  auto done = co_await s->recvall(question, no_limit);
  of.text = as_text(question);
  if (done) done = co_await s->send(as_bytes(answer));
  if (done) done = co_await s->close();
  if (!done) of.failure = done.error().message;
}

TEST_P(HalfClose, GnutlsCliThatHasSaidAllStillReadsTheWholeAnswer) {
  need("gnutls-cli", "gnutls-bin");
  if (IsSkipped()) return;
  asio::io_context loop;
  stls::stcp_server server;
  heard of;
  const std::string answer = noise(3'000'000, 11);
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        server = (co_await stls::listen("127.0.0.1", 0, config_of(GetParam().server()))).value();
      },
      rethrow);
  loop.run();
  const std::string port = std::to_string(server.local().value().port);
  asio::co_spawn(loop, answer_at_the_end(server, answer, of), rethrow);
  loop.restart();
  std::thread serving([&] { loop.run(); });

  const temporary_directory directory;
  program client({"gnutls-cli", "--x509cafile=" + pki("ca.pem"), "--port=" + port, "--sni-hostname=localhost",
                  "--verify-hostname=localhost", priority(GetParam()),
                  "--logfile=" + directory.path() + "/log", "127.0.0.1"});
  const std::string question = payload(200'000, 12);
  EXPECT_TRUE(client.give(question));
  client.end_input();
  EXPECT_EQ(client.status(), 0) << client.messages();
  EXPECT_TRUE(client.output() == answer) << client.output().size() << " bytes of " << answer.size();
  if (client.status() != 0) loop.stop();
  serving.join();
  EXPECT_EQ(of.failure, "");
  EXPECT_TRUE(of.text == question);
}

asio::awaitable<void> say_all(stls::stcp& s, std::string_view text, std::string& failure) {
  auto done = co_await s.send(as_bytes(text));
  if (done) done = co_await s.shutdown(stls::direction::write);
  if (!done) failure = done.error().message;
}

asio::awaitable<void> hear_all(stls::stcp& s, std::vector<std::byte>& into, std::string& failure) {
  auto done = co_await s.recvall(into, no_limit);
  if (done) done = co_await s.close();
  if (!done) failure = done.error().message;
}

TEST_P(HalfClose, WhatGnutlsServEchoesIsReadAfterwards) {
  need("gnutls-serv", "gnutls-bin");
  if (IsSkipped()) return;
  const reserved_port port;
  program server({"gnutls-serv", "--port=" + port.text(), "--x509certfile=" + pki("server.pem"),
                  "--x509keyfile=" + pki("server.key"), "--crlf", "--echo", "--disable-client-cert",
                  priority(GetParam())});
  asio::io_context loop;
  auto lower = stls::tcp::adopt(loop.get_executor(), connected(port.number(), server));
  ASSERT_TRUE(lower.has_value());
  auto s = stls::client_stcp(std::move(*lower), "localhost", config_of(GetParam().client()));
  ASSERT_TRUE(s.has_value());
  const std::string text = payload(300'000, 13);
  std::vector<std::byte> back;
  std::string send_failure;
  std::string recv_failure;
  asio::co_spawn(loop, say_all(*s, text, send_failure), rethrow);
  asio::co_spawn(loop, hear_all(*s, back, recv_failure), rethrow);
  loop.run_for(patience);
  EXPECT_EQ(send_failure, "");
  EXPECT_EQ(recv_failure, "");
  EXPECT_TRUE(as_text(back) == text) << back.size() << " bytes of " << text.size();
}

// The others refuse to end one direction alone: tests/sock/half_close_test.cpp has what they do.
std::vector<kind> kinds_that_half_close() {
  std::vector<kind> all = all_kinds();
  std::erase_if(all, [](const kind& k) { return !k.can(&stls::capabilities::half_close); });
  return all;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HalfClose);
INSTANTIATE_TEST_SUITE_P(Interop, HalfClose, testing::ValuesIn(kinds_that_half_close()), name_of);

}  // namespace
}  // namespace interop
