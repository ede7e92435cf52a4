// Programs of the distribution that were built against another libtls, run on ours: one file in
// LD_LIBRARY_PATH.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

namespace fs = std::filesystem;

class LibtlsPrograms : public by_kind {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP()
        << "a program that knows nothing of sanitizers cannot load a library that was built with them";
#endif
    fs::create_directory(directory_.path() + "/lib");
    for (const auto& file : fs::directory_iterator(STLS_LIBTLS_DIR)) {
      const std::string name = file.path().filename().string();
      if (name.starts_with("libtls.so.")) fs::create_symlink(file.path(), directory_.path() + "/lib/" + name);
    }
  }

  // on_ours is a command with what makes it run on our libtls, on this engine, and trust these roots.
  [[nodiscard]] std::vector<std::string> on_ours(const std::vector<std::string>& command,
                                                 std::string_view roots = "ca.pem",
                                                 std::string_view engine = {}) const {
    std::vector<std::string> argv = {
        "env",
        "TERM=xterm",
        "PAGER=cat",
        "HOME=" + directory_.path(),
        "SSL_CERT_FILE=" + pki(roots),
        "LD_LIBRARY_PATH=" + directory_.path() + "/lib",
        "STLS_ENGINE=" + (engine.empty() ? GetParam().engine : std::string(engine))};
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
  }

  // in_terminal is a command that runs another one in a terminal. What is given to it, is typed there.
  [[nodiscard]] static std::vector<std::string> in_terminal(const std::string& command) {
    return {"script", "-qec", command, "/dev/null"};
  }

  temporary_directory directory_;
  listener server_{GetParam().server()};
};

// An IRC client: tls_connect_socket, on a descriptor that is non-blocking from then on.

class Catgirl : public LibtlsPrograms {
 protected:
  void SetUp() override {
    LibtlsPrograms::SetUp();
    need("catgirl", "catgirl");
  }
  [[nodiscard]] std::vector<std::string> command(std::string_view roots, std::string_view engine = {}) const {
    return on_ours(in_terminal("catgirl -n tester -t " + pki(roots) + " -h localhost -p " + server_.port()),
                   roots, engine);
  }
};

TEST_P(Catgirl, TalksWithAVerifiedServer) {
  program client(command("ca.pem"));
  const auto ours = server_.accept(client);
  ASSERT_TRUE(ours->handshake()) << client.everything();
  const std::string greeting = ours->receive_until("USER tester");
  EXPECT_NE(greeting.find("NICK "), std::string::npos) << greeting;
  ASSERT_TRUE(ours->send(":irc.example 001 tester :welcome to this test\r\n"));
  ASSERT_TRUE(ours->send("PING :are you there\r\n"));
  EXPECT_NE(ours->receive_until("you there\r\n").find("PONG :are you there"), std::string::npos);
  ASSERT_TRUE(client.give("/quit bye\r"));
  EXPECT_NE(ours->receive_until("bye\r\n").find("QUIT :bye"), std::string::npos);
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_TRUE(ours->ended_well()) << ours->error();
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(Catgirl, RefusesAServerWhoseRootItDoesNotTrust) {
  program client(command("ca2.pem"));
  const auto ours = server_.accept(client);
  EXPECT_TRUE(got_alert(ours->fail(), unknown_ca));
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says("certificate verification failed: unable to get local issuer certificate"))
      << client.everything();
}

// No other libtls knows what an engine is.
TEST_P(Catgirl, RunsOnOurLibrary) {
  program client(command("ca.pem", "steam"));
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says("steam")) << client.everything();
}

// A gopher client: tls_client without tls_configure, and so the system's roots.

class Sacc : public LibtlsPrograms {
 protected:
  void SetUp() override {
    LibtlsPrograms::SetUp();
    need("sacc", "sacc");
  }
  [[nodiscard]] std::vector<std::string> command(std::string_view roots, std::string_view engine = {}) const {
    return on_ours(in_terminal("sacc gophers://localhost:" + server_.port() + "/0/document"), roots, engine);
  }
};

TEST_P(Sacc, ShowsADocumentOfAVerifiedServer) {
  program client(command("ca.pem"));
  const auto ours = server_.accept(client);
  ASSERT_TRUE(ours->handshake()) << client.everything();
  EXPECT_EQ(ours->receive_until("\r\n"), "/document\r\n");
  ASSERT_TRUE(ours->send(payload(100'000, 8) + "the last line\r\n"));
  ASSERT_TRUE(ours->close());
  EXPECT_TRUE(client.says("the last line")) << client.everything();
}

TEST_P(Sacc, RefusesAServerWhoseRootTheSystemDoesNotTrust) {
  program client(command("ca2.pem"));
  const auto ours = server_.accept(client);
  EXPECT_TRUE(got_alert(ours->fail(), unknown_ca));
  EXPECT_TRUE(client.says("Can't establish TLS with \"localhost\": certificate verification failed"))
      << client.everything();
}

// It says no more of it than that; another libtls would connect.
TEST_P(Sacc, RunsOnOurLibrary) {
  program client(command("ca.pem", "steam"));
  EXPECT_TRUE(client.says("Can't connect to: localhost")) << client.everything();
}

// A validator of routing data, with an HTTPS client of its own: non-blocking sockets and poll. It goes on as
// another user where it was started as root, so all that it needs must be open to everybody.

class RpkiClient : public LibtlsPrograms {
 protected:
  void SetUp() override {
    LibtlsPrograms::SetUp();
    need("rpki-client", "rpki-client");
  }
  [[nodiscard]] std::vector<std::string> command(std::string_view roots, std::string_view engine = {}) const {
    // An anchor's address and its key, of which this test only needs that it is one.
    const std::string anchor = directory_.write(
        "test.tal", "https://localhost:" + server_.port() + "/anchor.cer\n\n" +
                        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5"
                        "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n");
    for (const char* name : {"", "/cache", "/out"}) {
      fs::create_directory(directory_.path() + name);
      fs::permissions(directory_.path() + name, fs::perms::all);
    }
    return on_ours(
        {"rpki-client", "-vv", "-t", anchor, "-d", directory_.path() + "/cache", directory_.path() + "/out"},
        roots, engine);
  }
};

TEST_P(RpkiClient, FetchesAFileFromAVerifiedServer) {
  program client(command("ca.pem"));
  const auto ours = server_.accept(client);
  ASSERT_TRUE(ours->handshake()) << client.everything();
  EXPECT_TRUE(ours->receive_until("\r\n\r\n").starts_with("GET /anchor.cer HTTP/1.1\r\n"));
  const std::string file = payload(50'000, 9);
  ASSERT_TRUE(
      ours->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(file.size()) + "\r\n\r\n" + file));
  EXPECT_TRUE(client.says("loaded from network")) << client.everything();
}

TEST_P(RpkiClient, RefusesAServerWhoseRootTheSystemDoesNotTrust) {
  program client(command("ca2.pem"));
  const auto ours = server_.accept(client);
  EXPECT_TRUE(got_alert(ours->fail(), unknown_ca));
  EXPECT_NE(client.status(), program::still_running);  // that is all that it wants to say
  EXPECT_TRUE(client.says("certificate verification failed")) << client.everything();
  EXPECT_EQ((client.output() + client.messages()).find("loaded from network"), std::string::npos)
      << client.everything();
}

TEST_P(RpkiClient, RunsOnOurLibrary) {
  program client(command("ca.pem", "steam"));
  EXPECT_TRUE(client.says("unknown engine 'steam'")) << client.everything();
}

INSTANTIATE_TEST_SUITE_P(Kinds, Catgirl, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Kinds, Sacc, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Kinds, RpkiClient, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
