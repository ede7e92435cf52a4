// The programs of examples/sock/, as processes: good peers and bad ones.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

// The engines that the programs are run with: none in a build without them.
std::vector<std::string> engines() {
  std::vector<std::string> names;
  if (::access(example("echo_server").c_str(), X_OK) != 0) return names;
  for (const stls::provider* p : stls::providers()) names.emplace_back(p->name());
  return names;
}

using words = std::vector<std::string>;

class SockExamples : public testing::TestWithParam<std::string> {
 protected:
  // command runs an example with the engine.
  static words command(const std::string& name, const words& more) {
    words argv = {"env", "STLS_ENGINE=" + GetParam(), example(name)};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  // client is the command of secure_client, which trusts ca.pem.
  static words client(const std::string& port, const std::string& line) {
    return command("secure_client", {"127.0.0.1", port, line, pki("ca.pem")});
  }

  // server is one of the servers, listening.
  class server {
   public:
    explicit server(const std::string& name, const words& more = {}, const std::string& pair = "server")
        : program_(command(name, all(more, pair))) {
      const std::string_view start = "listening on port ";
      const std::string said = program_.line(0);
      if (!said.starts_with(start)) throw std::runtime_error("it does not listen; " + program_.everything());
      port_ = said.substr(start.size());
    }
    [[nodiscard]] const std::string& port() const noexcept { return port_; }
    [[nodiscard]] program& process() noexcept { return program_; }

    // connect makes a client's connection to it, verified, over the same engine if nothing else is said.
    [[nodiscard]] std::unique_ptr<end> connect(stls::options o = {.engine = GetParam()}) {
      o.ca = pki_file("ca.pem");
      return interop::connect(static_cast<std::uint16_t>(std::stoi(port_)), program_, made_client(o));
    }
    // stop ends it as people and systems do.
    [[nodiscard]] testing::AssertionResult stop(int signal = SIGTERM) {
      program_.signal(signal);
      if (program_.status() == 0) return testing::AssertionSuccess();
      return testing::AssertionFailure() << program_.everything();
    }

   private:
    static words all(const words& more, const std::string& pair) {
      words argv = {"127.0.0.1", "0", pki(pair + ".pem"), pki(pair + ".key")};
      argv.insert(argv.end(), more.begin(), more.end());
      return argv;
    }

    program program_;
    std::string port_;
  };

  // s_client is the openssl command, connected to a server; its certificate is that of a row of the PKI.
  static words s_client(const std::string& port, const std::string& shown = "") {
    words argv = {"openssl", "s_client",    "-quiet",   "-verify_return_error",
                  "-CAfile", pki("ca.pem"), "-connect", "127.0.0.1:" + port};
    if (!shown.empty()) {
      const std::string cert = pki(shown + ".pem");
      argv.insert(argv.end(), {"-cert", cert, "-cert_chain", cert, "-key", pki(shown + ".key")});
    }
    return argv;
  }
  static bool lacks_openssl() { return find_program("openssl").empty(); }
};

#define NEED_OPENSSL \
  if (lacks_openssl()) GTEST_SKIP() << "there is no program openssl; it is in Debian's openssl"

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SockExamples);
INSTANTIATE_TEST_SUITE_P(Interop, SockExamples, testing::ValuesIn(engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(SockExamples, EchoWhatIsSaidToThem) {
  server echo("echo_server");
  program first(client(echo.port(), "are you there?"));
  EXPECT_EQ(first.status(), 0) << first.everything();
  EXPECT_EQ(first.output(), "are you there?\n");

  const auto one = echo.connect();
  const auto other = echo.connect();  // both at once
  const std::string text = payload(100'000, 1);
  EXPECT_TRUE(one->send(text));
  EXPECT_TRUE(other->send("short"));
  EXPECT_EQ(other->receive(5), "short");
  EXPECT_TRUE(one->receive(text.size()) == text);
  EXPECT_TRUE(one->close());
  EXPECT_TRUE(other->close());
  EXPECT_TRUE(echo.stop());
  EXPECT_EQ(echo.process().messages(), "");
}

TEST_P(SockExamples, EchoToTheOpensslCommand) {
  NEED_OPENSSL;
  server echo("echo_server");
  program peer(s_client(echo.port()));
  ASSERT_TRUE(peer.give("one\ntwo\n"));
  EXPECT_TRUE(peer.says("one\ntwo\n")) << peer.everything();
  EXPECT_TRUE(echo.stop());
  EXPECT_EQ(peer.status(), 0) << peer.everything();  // close_notify came
}

TEST_P(SockExamples, DropClientsThatSayNothing) {
  server echo("echo_server", {"1"});
  raw_connection silent(echo.port());  // not even a handshake
  EXPECT_EQ(silent.receive(1), "");
  EXPECT_TRUE(echo.process().says("echo_server: a client was not served: recv: timed out\n"));

  const auto idle = echo.connect();
  ASSERT_TRUE(idle->handshake());
  EXPECT_EQ(idle->receive_all(), "");
  EXPECT_TRUE(idle->ended_well());
}

TEST_P(SockExamples, ServeTheNextClientAfterABadOne) {
  server echo("echo_server");
  for (const std::string& first_bytes :
       {std::string("GET / HTTP/1.0\r\n\r\n"), noise(1000, 13), std::string()}) {
    raw_connection bad(echo.port());
    bad.send(first_bytes);
  }
  program good(client(echo.port(), "hello"));
  EXPECT_EQ(good.status(), 0) << good.everything();
  EXPECT_EQ(good.output(), "hello\n");
}

TEST_P(SockExamples, AskNoServerThatMustNotBeTrusted) {
  struct refusal {
    std::string pair, sentence;
  };
  const refusal refusals[] = {
      {"untrusted", "certificate verification failed: unable to get local issuer certificate"},
      {"expired", "certificate verification failed: certificate has expired"},
      {"wrong-name", "name `127.0.0.1' not present in server certificate"}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    server echo("echo_server", {}, r.pair);
    program refused(client(echo.port(), "hello"));
    EXPECT_EQ(refused.status(), 1) << refused.everything();
    EXPECT_EQ(refused.output(), "");
    EXPECT_EQ(refused.messages(), "secure_client: " + r.sentence + "\n");
  }
}

TEST_P(SockExamples, AskTheOpensslCommand) {
  NEED_OPENSSL;
  const reserved_port port;
  const std::string cert = pki("server.pem");
  program peer({"openssl", "s_server", "-accept", port.address(), "-rev", "-cert", cert, "-cert_chain", cert,
                "-key", pki("server.key")});
  // s_server serves one client after another: this connection waits until it listens.
  ASSERT_TRUE(connect(port, peer, {.ca = pki_file("ca.pem")})->handshake());
  program asks(client(port.text(), "reward"));
  EXPECT_EQ(asks.status(), 0) << asks.everything();
  EXPECT_EQ(asks.output(), "drawer\n");
}

TEST_P(SockExamples, TakeNoHalfAnswer) {
  const stls::keypair pair = pki_pair("server");
  listener cuts({.cert = pair.cert, .key = pair.key});
  program asks(client(cuts.port(), "hello"));
  const auto peer = cuts.accept(asks);
  EXPECT_EQ(peer->receive_until("\n"), "hello\n");
  EXPECT_TRUE(peer->send("hel"));
  peer->hang_up();
  EXPECT_EQ(asks.status(), 1) << asks.everything();
  EXPECT_EQ(asks.output(), "");
  EXPECT_EQ(asks.messages(), "secure_client: connection ended without close_notify\n");
}

TEST_P(SockExamples, ChatUnderTheNamesOfTheCertificates) {
  NEED_OPENSSL;
  server chat("chat_server", {pki("ca.pem")});
  program one(s_client(chat.port(), "client"));
  ASSERT_TRUE(one.says("* /CN=client has come\n")) << one.everything();
  {
    const stls::keypair shown = pki_pair("client");
    const auto two = chat.connect({.cert = shown.cert, .key = shown.key, .engine = GetParam()});
    EXPECT_TRUE(two->send("good \033[31mmor"));
    EXPECT_TRUE(two->send("ning\r\n"));
    EXPECT_EQ(two->receive_until("ning \n"), "* /CN=client has come\n/CN=client: good  [31mmorning \n");
    EXPECT_TRUE(one.says("/CN=client: good  [31mmorning \n")) << one.everything();
    ASSERT_TRUE(one.give("a\nb\n"));
    EXPECT_EQ(two->receive_until("b\n"), "/CN=client: a\n/CN=client: b\n");
    EXPECT_TRUE(two->close());
  }
  EXPECT_TRUE(one.says("* /CN=client has gone\n")) << one.everything();
  EXPECT_TRUE(chat.stop());
  EXPECT_EQ(one.status(), 0) << one.everything();
  EXPECT_EQ(chat.process().messages(), "");
}

TEST_P(SockExamples, ChatWithNobodyWithoutAGoodCertificate) {
  server chat("chat_server", {pki("ca.pem")});
  const auto stranger = chat.connect();
  EXPECT_NE(stranger->fail().code, std::error_code());
  const stls::keypair shown = pki_pair("client-untrusted");
  const auto untrusted = chat.connect({.cert = shown.cert, .key = shown.key, .engine = GetParam()});
  EXPECT_TRUE(got_alert(untrusted->fail(), unknown_ca));
  const stls::keypair good = pki_pair("client");
  const auto guest = chat.connect({.cert = good.cert, .key = good.key, .engine = GetParam()});
  EXPECT_TRUE(guest->send("alone?\n"));
  EXPECT_EQ(guest->receive_until("?\n"), "* /CN=client has come\n/CN=client: alone?\n");
}

TEST_P(SockExamples, ChatWithoutWaitingForWhoDoesNotListen) {
  NEED_OPENSSL;
  server chat("chat_server", {pki("ca.pem")});
  const stls::keypair shown = pki_pair("client");
  const auto deaf = chat.connect({.cert = shown.cert, .key = shown.key, .engine = GetParam()});
  ASSERT_TRUE(deaf->handshake());
  program talker(s_client(chat.port(), "client"));
  ASSERT_TRUE(talker.says("* /CN=client has come\n"));
  // More than the sockets between them hold.
  const std::string line = std::string(900, 'x') + "\n";
  std::string much;
  while (much.size() < 16'000'000) much += line;
  ASSERT_TRUE(talker.give(much + "the end\n"));
  EXPECT_TRUE(talker.says("/CN=client: the end\n"));
  EXPECT_TRUE(chat.process().says("chat_server: a client was not served: it reads too slowly\n"));
}

TEST_P(SockExamples, CarryBothWaysAtOnce) {
  NEED_OPENSSL;
  raw_listener target;
  server proxy("tls_proxy", {"127.0.0.1", target.port()});
  program peer(s_client(proxy.port()));
  raw_connection behind(target.accept(proxy.process()));
  const std::string there = payload(3'000'000, 1);
  const std::string back = payload(3'000'000, 2);
  std::string arrived;
  std::thread answers([&] { behind.send(back); });
  std::thread listens([&] { arrived = behind.receive(there.size()); });
  EXPECT_TRUE(peer.give(there));
  answers.join();
  listens.join();
  EXPECT_TRUE(arrived == there);
  EXPECT_TRUE(peer.gave(back.size()) == back);
  behind.end_sending();
  EXPECT_EQ(peer.status(), 0) << peer.messages();
  EXPECT_TRUE(proxy.stop());
  EXPECT_EQ(proxy.process().messages(), "");
}

TEST_P(SockExamples, CarryTheEndOfOneSideAlone) {
  if (!stls::providers().front()->capabilities().half_close)
    GTEST_SKIP() << "no engine of this build can end one direction alone";
  const bool half_close = stls::find_provider(GetParam())->capabilities().half_close;
  raw_listener target;
  server proxy("tls_proxy", {"127.0.0.1", target.port()});
  const stls::options whatever;  // the client's engine can do it
  {
    const auto asks = proxy.connect(whatever);
    ASSERT_TRUE(asks->send("question"));
    raw_connection behind(target.accept(proxy.process()));
    ASSERT_TRUE(asks->shutdown());
    EXPECT_EQ(behind.receive(100), "question");
    EXPECT_FALSE(behind.was_reset());
    if (half_close) {
      behind.send("answer");
      behind.end_sending();
      EXPECT_EQ(asks->receive_all(), "answer");
      EXPECT_TRUE(asks->ended_well());
    }
  }
  const auto hears = proxy.connect(whatever);
  ASSERT_TRUE(hears->handshake());
  raw_connection behind(target.accept(proxy.process()));
  behind.send("news");
  behind.end_sending();
  EXPECT_EQ(hears->receive_all(), "news");
  EXPECT_TRUE(hears->ended_well());
  if (half_close) {
    ASSERT_TRUE(hears->send("thanks"));
    EXPECT_TRUE(hears->close());
    EXPECT_EQ(behind.receive(100), "thanks");
  } else {
    EXPECT_EQ(behind.receive(100), "");
  }
  EXPECT_FALSE(behind.was_reset());
}

TEST_P(SockExamples, BreakOneSideWhereTheOtherBreaks) {
  raw_listener target;
  server proxy("tls_proxy", {"127.0.0.1", target.port()});
  {
    const auto cut = proxy.connect();
    ASSERT_TRUE(cut->send("half"));
    raw_connection behind(target.accept(proxy.process()));
    EXPECT_EQ(behind.receive(4), "half");
    cut->hang_up();
    EXPECT_EQ(behind.receive(1), "");
    EXPECT_TRUE(behind.was_reset());
    EXPECT_TRUE(
        proxy.process().says("tls_proxy: a client was not served: connection ended without close_notify\n"));
  }
  const auto hears = proxy.connect();
  ASSERT_TRUE(hears->handshake());
  raw_connection behind(target.accept(proxy.process()));
  behind.send("half");
  EXPECT_EQ(hears->receive(4), "half");
  behind.reset();
  EXPECT_EQ(hears->receive_all(), "");
  EXPECT_TRUE(hears->error() == stls::errc::truncated) << hears->error();
}

TEST_P(SockExamples, BreakOneSideAlsoAfterTheOtherHasSaidAll) {
  if (!stls::find_provider(GetParam())->capabilities().half_close) return;
  raw_listener target;
  server proxy("tls_proxy", {"127.0.0.1", target.port()});
  const auto cut = proxy.connect();
  ASSERT_TRUE(cut->handshake());
  raw_connection behind(target.accept(proxy.process()));
  behind.end_sending();
  EXPECT_EQ(cut->receive_all(), "");
  EXPECT_TRUE(cut->ended_well());
  cut->hang_up();
  EXPECT_EQ(behind.receive(1), "");
  EXPECT_TRUE(behind.was_reset());
  EXPECT_TRUE(proxy.stop());
}

TEST_P(SockExamples, TellWhenTheTargetIsNotThere) {
  const reserved_port nobody;
  server proxy("tls_proxy", {"127.0.0.1", nobody.text()});
  const auto asks = proxy.connect();
  ASSERT_TRUE(asks->handshake());
  EXPECT_EQ(asks->receive_all(), "");
  EXPECT_TRUE(proxy.process().says("tls_proxy: a client was not served: connect"));
  EXPECT_TRUE(proxy.stop());
}

TEST_P(SockExamples, StopOnBothSignalsWithClientsAtWork) {
  for (const int signal : {SIGTERM, SIGINT}) {
    server echo("echo_server");
    const auto handshaken = echo.connect();
    ASSERT_TRUE(handshaken->send("x"));
    EXPECT_EQ(handshaken->receive(1), "x");
    raw_connection silent(echo.port());
    EXPECT_TRUE(echo.stop(signal));
    EXPECT_EQ(handshaken->receive_all(), "");
    EXPECT_TRUE(handshaken->ended_well());  // what it got was whole
  }
  raw_listener target;
  server proxy("tls_proxy", {"127.0.0.1", target.port()});
  const auto asks = proxy.connect();
  ASSERT_TRUE(asks->send("half"));
  raw_connection behind(target.accept(proxy.process()));
  EXPECT_EQ(behind.receive(4), "half");
  EXPECT_TRUE(proxy.stop());
  EXPECT_EQ(behind.receive(1), "");
  EXPECT_TRUE(behind.was_reset());  // what it got was not whole
  EXPECT_EQ(asks->receive_all(), "");
  EXPECT_TRUE(asks->error() == stls::errc::truncated) << asks->error();
}

TEST_P(SockExamples, ExplainWrongUsage) {
  for (const char* name : {"echo_server", "secure_client", "chat_server", "tls_proxy"}) {
    SCOPED_TRACE(name);
    program none(command(name, {}));
    EXPECT_EQ(none.status(), 2);
    EXPECT_TRUE(none.says("usage: ")) << none.everything();
  }
  program port(command("secure_client", {"127.0.0.1", "https", "hello"}));
  EXPECT_EQ(port.status(), 1);
  EXPECT_EQ(port.messages(), "secure_client: `https' is no port: must be a number from 0 to 65535\n");
  program file(command("echo_server", {"127.0.0.1", "0", "/none.pem", pki("server.key")}));
  EXPECT_EQ(file.status(), 1);
  EXPECT_EQ(file.messages().rfind("echo_server: cert: ", 0), 0U) << file.messages();
  server taken("echo_server");
  program second(command("echo_server", {"127.0.0.1", taken.port(), pki("server.pem"), pki("server.key")}));
  EXPECT_EQ(second.status(), 1) << second.everything();
  EXPECT_NE(second.messages(), "");
}

}  // namespace
}  // namespace interop
