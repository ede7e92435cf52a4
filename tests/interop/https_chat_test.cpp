// The chat of examples/https, without a browser: events one way, POST the other way.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
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
  // id_of is the number of the first line in these events.
  static std::uint64_t id_of(std::string_view events) {
    const auto at = events.find("id: ");
    return at == events.npos ? 0 : std::stoull(std::string(events.substr(at + 4, 20)));
  }

  // many is more lines than the sockets between two programs hold; a batch is fewer than a room remembers.
  static constexpr int many = 16'000;
  static constexpr int batch = 50;
  // say_batch says so many lines over one connection, of a thousand bytes each.
  static void say_batch(end& talker) {
    std::string requests;
    for (int i = 0; i < batch; ++i) {
      requests +=
          "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n" +
          std::string(1000, 'x');
    }
    ASSERT_TRUE(talker.send(requests));
    for (int i = 0; i < batch; ++i) ASSERT_EQ(status_of(talker.receive_until("\r\n\r\n")), 204);
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
  std::uint64_t first_id = 0;
  for (const auto& each : {one.get(), two.get()}) {
    const std::string first = each->receive_until("good morning\n\n");
    first_id = id_of(first);
    EXPECT_TRUE(first.ends_with("id: " + std::to_string(first_id) + "\ndata: ada: good morning\n\n"))
        << first;
    EXPECT_NE(each->receive_until("line \n\n")
                  .find("id: " + std::to_string(first_id + 1) + "\ndata: forged  data: line \n\n"),
              std::string::npos);
  }
  // Who comes later hears it, too; who comes back only what it missed.
  EXPECT_NE(listens(server)->receive_until("line \n\n").find("good morning"), std::string::npos);
  EXPECT_EQ(listens(server, "Last-Event-ID: " + std::to_string(first_id) + "\r\n")
                ->receive_until("line \n\n")
                .find("good morning"),
            std::string::npos);
}

TEST_P(HttpsChat, TellsWhoComesBackAfterARestartWhatIsNew) {
  std::uint64_t heard = 0;
  {
    https_server server = start({"--chat"});
    EXPECT_EQ(say(server, "before"), 204);
    heard = id_of(listens(server)->receive_until("before\n\n"));
  }
  https_server server = start({"--chat"});
  EXPECT_EQ(say(server, "after"), 204);
  EXPECT_EQ(say(server, "last"), 204);
  const std::string missed =
      listens(server, "Last-Event-ID: " + std::to_string(heard) + "\r\n")->receive_until("last\n\n");
  EXPECT_NE(missed.find("data: after\n\n"), std::string::npos) << missed;
  EXPECT_GT(id_of(missed), heard);
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
  https_server server = start({"--chat", "--step", "600"});
  const auto deaf = listens(server);
  const auto talker = server.connect();
  const auto hears = listens(server);
  for (int said = 0; said < many; said += batch) {
    say_batch(*talker);
    for (int i = 0; i < batch; ++i) ASSERT_NE(hears->receive_until("\n\n"), "");
  }
  // When it listens at last, it has fallen behind what the room remembers.
  EXPECT_LT(deaf->receive_all().size(), std::size_t{many} * 1000);
  EXPECT_FALSE(deaf->ended_well());
  EXPECT_TRUE(server.process().says("https_file_server: a client was not served: it reads too slowly\n"));
  EXPECT_EQ(say(server, "still here"), 204);
}

TEST_P(HttpsChat, DropsWhoDoesNotListenAtAll) {
  https_server server = start({"--chat", "--step", "1"});
  const auto deaf = listens(server);
  const auto talker = server.connect();
  for (int said = 0; said < many; said += batch) say_batch(*talker);
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
