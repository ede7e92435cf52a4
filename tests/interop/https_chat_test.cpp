// The chat of examples/https, without a browser: events one way, POST the other way.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"

namespace interop {
namespace {

class HttpsChat : public by_engine {
 protected:
  // words is the request that says a line.
  static std::string post(std::string_view line, std::string_view lines = "Content-Type: text/plain\r\n") {
    return "POST /chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
           std::to_string(line.size()) + "\r\n" + std::string(lines) + "\r\n" + std::string(line);
  }
  static int say(https_server& server, std::string_view line) { return server.status(post(line)); }

  // listens is a client that hears the events from now on.
  static std::unique_ptr<end> listens(https_server& server, std::string_view lines = {}) {
    auto ours = server.connect();
    EXPECT_TRUE(ours->send("GET /chat/events HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n"));
    const std::string head = ours->receive_until(": welcome\n\n");
    EXPECT_EQ(status_of(head), 200);
    EXPECT_EQ(value_of(head, "Content-Type"), "text/event-stream");
    return ours;
  }
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsChat);
INSTANTIATE_TEST_SUITE_P(Interop, HttpsChat, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(HttpsChat, TellsEverybodyWhatAnybodySays) {
  https_server server = start({"--chat"});
  const auto one = listens(server);
  const auto two = listens(server);
  EXPECT_EQ(say(server, "ada: good morning"), 204);
  EXPECT_EQ(say(server, "forged\r\ndata: line\x1b"), 204);
  for (const auto& each : {one.get(), two.get()}) {
    EXPECT_NE(each->receive_until("good morning\n\n").find("id: 1\ndata: ada: good morning\n\n"),
              std::string::npos);
    EXPECT_NE(each->receive_until("line \n\n").find("id: 2\ndata: forged  data: line \n\n"),
              std::string::npos);
  }
  // Who comes later hears it, too; who comes back only what it missed.
  EXPECT_NE(listens(server)->receive_until("line \n\n").find("good morning"), std::string::npos);
  EXPECT_EQ(listens(server, "Last-Event-ID: 1\r\n")->receive_until("line \n\n").find("good morning"),
            std::string::npos);
}

TEST_P(HttpsChat, RefusesWhatNoPageOfItsOwnSends) {
  https_server server = start({"--chat"});
  EXPECT_EQ(server.status(post("x", "Content-Type: text/plain\r\nOrigin: https://evil.example\r\n")), 403);
  EXPECT_EQ(server.status(post("x", "Content-Type: text/plain\r\nOrigin: null\r\n")), 403);
  EXPECT_EQ(server.status(post("x", "Content-Type: text/plain\r\nOrigin: https://localhost\r\n")), 204);
  EXPECT_EQ(server.status(post("x", "")), 415);
  EXPECT_EQ(server.status(post(std::string(1001, 'x'))), 413);
  EXPECT_EQ(server.status(
                "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
                "\r\n500\r\n" +
                std::string(0x500, 'x') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(status_of(server.get("/chat")), 405);
  EXPECT_EQ(status_of(server.ask("POST /chat/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 405);
}

TEST_P(HttpsChat, ForgetsWhoHasGone) {
  https_server server = start({"--chat", "--clients", "2"});
  for (int i = 0; i < 10; ++i) {
    const auto ours = listens(server);
    if (i % 2 == 0) {
      EXPECT_TRUE(ours->close());
    } else {
      ours->hang_up();
    }
  }
  // Each of them had one of the two places.
  EXPECT_EQ(say(server, "hello"), 204);
}

TEST_P(HttpsChat, DoesNotWaitForWhoDoesNotListen) {
  https_server server = start({"--chat", "--step", "1"});
  const auto deaf = listens(server);
  const auto talker = server.connect();
  const auto hears = listens(server);
  const std::string line(1000, 'x');
  const std::string request =
      "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n" + line;
  // More than the sockets between them hold; it is dropped when it has taken nothing for a second, or has
  // fallen behind.
  bool dropped = false;
  for (int i = 0; i < 30'000 && !dropped; ++i) {
    ASSERT_TRUE(talker->send(request));
    ASSERT_EQ(status_of(talker->receive_until("\r\n\r\n")), 204);
    ASSERT_NE(hears->receive_until("\n\n"), "");
    if (i % 100 == 0)
      dropped = server.process().messages().find("a client was not served: ") != std::string::npos;
  }
  EXPECT_TRUE(server.process().says("https_file_server: a client was not served: "));
  EXPECT_EQ(say(server, "still here"), 204);
}

TEST_P(HttpsChat, EndsInOrder) {
  https_server server = start({"--chat"});
  const auto ours = listens(server);
  server.process().signal(SIGTERM);
  EXPECT_TRUE(ours->receive_all().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(ours->ended_well());
  EXPECT_EQ(server.process().status(), 0) << server.process().everything();
  EXPECT_EQ(server.process().messages(), "");
}

}  // namespace
}  // namespace interop
