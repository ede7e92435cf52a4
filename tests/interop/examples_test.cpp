// The programs of examples/, as processes: each client against file_server, good and bad.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

// The clients that were built: a build may be without examples.
std::vector<std::string> clients() {
  std::vector<std::string> names = {"file_client", "poll_client"};
  std::erase_if(names, [](const std::string& name) { return ::access(example(name).c_str(), X_OK) != 0; });
  return names;
}

// What the examples speak: they take the default engine.
bool has_tls1_3() { return stls::providers().front()->capabilities().tls1_3; }
std::vector<std::string> versions() {
  std::vector<std::string> all = {"tlsv1.2"};
  if (has_tls1_3()) all.emplace_back("tlsv1.3");
  return all;
}

// file_server is a running one, with the files of a directory.
class file_server {
 public:
  explicit file_server(const std::string& directory, const std::string& pair = "server",
                       const std::vector<std::string>& more = {})
      : program_(command(directory, pair, more)) {
    const std::string_view start = "listening on port ";
    if (!program_.says("\n") || !program_.output().starts_with(start)) {
      throw std::runtime_error("file_server does not listen; " + program_.everything());
    }
    port_ = program_.output().substr(start.size());
    port_.pop_back();
  }
  [[nodiscard]] const std::string& port() const noexcept { return port_; }
  [[nodiscard]] program& process() noexcept { return program_; }

 private:
  static std::vector<std::string> command(const std::string& directory, const std::string& pair,
                                          const std::vector<std::string>& more) {
    std::vector<std::string> argv = {example("file_server"), "--listen", "127.0.0.1:0",     "--cert",
                                     pki(pair + ".pem"),     "--key",    pki(pair + ".key")};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.push_back(directory);
    return argv;
  }

  program program_;
  std::string port_;
};

class Examples : public testing::TestWithParam<std::string> {
 protected:
  Examples() { ::mkdir(served_.c_str(), 0700); }

  // The client's command, which verifies the server, to fetch `name` into fetched_.
  [[nodiscard]] std::vector<std::string> fetch(const std::string& port, const std::string& name,
                                               const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv = {example(GetParam()), "--ca",     pki("ca.pem"), "--servername",
                                     "localhost",         "--output", fetched_};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.end(), {"127.0.0.1", port, name});  // which needs no resolver
    return argv;
  }
  void serve(const std::string& name, std::string_view content) const {
    directory_.write("served/" + name, content);
  }
  [[nodiscard]] bool fetched() const {
    return std::filesystem::exists(fetched_) || std::filesystem::exists(fetched_ + ".part");
  }

  temporary_directory directory_;
  std::string served_ = directory_.path() + "/served";
  std::string fetched_ = directory_.path() + "/fetched";
};

TEST_P(Examples, FetchAFileWhole) {
  const std::string content = noise(3'000'001, 12);
  serve("file.bin", content);
  serve("empty", "");
  file_server server(served_);
  for (const std::string& version : versions()) {
    SCOPED_TRACE(version);
    program client(fetch(server.port(), "file.bin", {"--protocols", version}));
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_EQ(client.messages(), "");
    EXPECT_TRUE(read_file(fetched_) == content);
  }
  program client(fetch(server.port(), "empty"));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(read_file(fetched_), "");
}

TEST_P(Examples, WriteToStandardOutputAndTellWhatWasNegotiated) {
  serve("file", "content\n");
  file_server server(served_);
  program client({example(GetParam()), "--ca", pki("ca.pem"), "--verbose", "--servername", "test.example",
                  "127.0.0.1", server.port(), "file"});
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.output(), "content\n");
  const std::string newest = std::string("  version      ") + (has_tls1_3() ? "TLSv1.3\n" : "TLSv1.2\n");
  for (const char* line : {newest.c_str(), "  alpn         file/1\n", "  server name  test.example\n",
                           "  peer         /CN=localhost\n"}) {
    EXPECT_TRUE(client.says(line)) << client.everything();
  }
}

TEST_P(Examples, RefuseServersThatMustNotBeTrusted) {
  serve("file", "content\n");
  struct refusal {
    std::string pair, sentence;
  };
  const refusal refusals[] = {
      {"wrong-name", "name `localhost' not present in server certificate"},
      {"untrusted", "certificate verification failed: unable to get local issuer certificate"},
      {"expired", "certificate verification failed: certificate has expired"}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    file_server server(served_, r.pair);
    program client(fetch(server.port(), "file"));
    EXPECT_EQ(client.status(), 1) << client.everything();
    EXPECT_EQ(client.messages(), GetParam() + ": " + r.sentence + "\n");
    EXPECT_FALSE(fetched());
  }
}

TEST_P(Examples, RefuseServersWhoseCertificateIsRevoked) {
  if (!stls::providers().front()->capabilities().crl) GTEST_SKIP() << "no engine of this build has CRLs";
  serve("file", "content\n");
  {
    file_server server(served_);
    program client(fetch(server.port(), "file", {"--crl", pki("crl.pem")}));
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_EQ(read_file(fetched_), "content\n");
  }
  std::filesystem::remove(fetched_);
  file_server server(served_, "revoked");
  program client(fetch(server.port(), "file", {"--crl", pki("crl.pem")}));
  EXPECT_EQ(client.status(), 1) << client.everything();
  EXPECT_EQ(client.messages(), GetParam() + ": certificate verification failed: certificate revoked\n");
  EXPECT_FALSE(fetched());
}

TEST_P(Examples, ResumeTheSessionThatTheyKept) {
  serve("file", "content\n");
  file_server server(served_);
  for (const std::string& version : versions()) {
    SCOPED_TRACE(version);
    const std::string session = directory_.path() + "/session-" + version;
    const std::vector<std::string> options = {"--verbose", "--protocols", version, "--session", session};
    for (const char* resumed : {"no", "yes", "yes"}) {
      program client(fetch(server.port(), "file", options));
      EXPECT_EQ(client.status(), 0) << client.everything();
      EXPECT_TRUE(client.says(std::string("  resumed      ") + resumed + "\n")) << client.everything();
      EXPECT_EQ(read_file(fetched_), "content\n");
      struct stat status {};
      ASSERT_EQ(::stat(session.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777U, 0600U);
    }
  }
}

TEST_P(Examples, DoWithoutASessionThatTheServerDoesNotKnow) {
  serve("file", "content\n");
  const std::string session = directory_.path() + "/session";
  for (int i = 0; i < 2; ++i) {
    file_server server(served_);  // a new one, with new keys
    program client(fetch(server.port(), "file", {"--verbose", "--session", session}));
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_TRUE(client.says("  resumed      no\n")) << client.everything();
  }
}

TEST_P(Examples, ServeNothingButFilesOfTheDirectory) {
  serve("good", "good");
  directory_.write("secret", "secret");
  std::filesystem::create_directory(served_ + "/sub");
  serve("sub/below", "secret");
  std::filesystem::create_symlink("../secret", served_ + "/link");
  ASSERT_EQ(::mkfifo((served_ + "/fifo").c_str(), 0600), 0);
  file_server server(served_);
  for (const std::string name :
       {"../secret", "sub/below", "sub", ".", "..", "", "link", "fifo", "missing", "/etc/passwd", "./good"}) {
    SCOPED_TRACE(name);
    program client(fetch(server.port(), name));
    EXPECT_EQ(client.status(), 1) << client.everything();
    EXPECT_FALSE(fetched());
  }
  const std::string too_long(5'000, 'x');
  program bad(fetch(server.port(), too_long));
  EXPECT_EQ(bad.status(), 1) << bad.messages();
  program good(fetch(server.port(), "good"));
  EXPECT_EQ(good.status(), 0) << good.everything();
  EXPECT_EQ(read_file(fetched_), "good");
}

TEST_P(Examples, ServeTheNextClientAfterABadOne) {
  serve("file", "content\n");
  file_server server(served_);
  const std::string hello = "\x16\x03\x01\x02";  // the start of a ClientHello
  for (const std::string& first_bytes :
       {std::string("GET / HTTP/1.0\r\n\r\n"), noise(1000, 13), hello, std::string()}) {
    raw_connection bad(server.port());
    bad.send(first_bytes);
  }
  program client(fetch(server.port(), "file"));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(read_file(fetched_), "content\n");
}

TEST_P(Examples, ShowTheirCertificateToAServerThatDemandsOne) {
  serve("file", "content\n");
  file_server server(served_, "server", {"--ca", pki("ca.pem")});
  program stranger(fetch(server.port(), "file"));
  EXPECT_EQ(stranger.status(), 1) << stranger.everything();
  EXPECT_FALSE(fetched());
  program client(fetch(server.port(), "file", {"--cert", pki("client.pem"), "--key", pki("client.key")}));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(read_file(fetched_), "content\n");
}

TEST_P(Examples, KeepNoHalfFile) {
  if (find_program("openssl").empty())
    GTEST_SKIP() << "there is no program openssl; it is in Debian's openssl";
  const reserved_port port;
  const std::string cert = pki("server.pem");
  program server({"openssl", "s_server", "-accept", port.address(), "-quiet", "-cert", cert, "-cert_chain",
                  cert, "-key", pki("server.key")});
  // s_server serves one client after another: this connection waits until it listens.
  ASSERT_TRUE(connect(port, server, {.ca = pki_file("ca.pem")})->handshake());
  program client(fetch(port.text(), "file"));
  ASSERT_TRUE(server.says("file\n")) << client.everything();  // the client's request
  ASSERT_TRUE(server.give("half a file"));
  server.kill();
  EXPECT_EQ(client.status(), 1) << client.everything();
  EXPECT_EQ(client.messages(), GetParam() + ": connection ended without close_notify\n");
  EXPECT_FALSE(fetched());
}

TEST_P(Examples, LeaveWhatIsThereAloneWhenTheyFail) {
  serve("file", "new");
  file_server server(served_, "expired");
  directory_.write("fetched", "old");
  program client(fetch(server.port(), "file"));
  EXPECT_EQ(client.status(), 1) << client.everything();
  EXPECT_EQ(read_file(fetched_), "old");
}

TEST_P(Examples, ExplainWrongUsage) {
  program client({example(GetParam()), "localhost"});
  EXPECT_EQ(client.status(), 2);
  EXPECT_TRUE(client.says("usage: ")) << client.everything();
  program option({example(GetParam()), "--insecure", "localhost", "1", "file"});
  EXPECT_EQ(option.status(), 2);
  program server({example("file_server")});
  EXPECT_EQ(server.status(), 2);
  EXPECT_TRUE(server.says("usage: ")) << server.everything();
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Examples);
INSTANTIATE_TEST_SUITE_P(Interop, Examples, testing::ValuesIn(clients()),
                         [](const auto& client) { return client.param; });

TEST(ExampleInMemory, CarriesAQuestionFromClientToServer) {
  if (::access(example("in_memory").c_str(), X_OK) != 0) return;  // a build without examples
  program both({example("in_memory"), pki("ca.pem"), pki("server.pem"), pki("server.key")});
  EXPECT_EQ(both.status(), 0) << both.everything();
  EXPECT_EQ(both.output(), std::string("/CN=localhost heard over TLSv1.") + (has_tls1_3() ? '3' : '2') +
                               ": is anybody there?\n");
  program refused({example("in_memory"), pki("ca.pem"), pki("wrong-name.pem"), pki("wrong-name.key")});
  EXPECT_EQ(refused.status(), 1) << refused.everything();
  EXPECT_EQ(refused.messages(), "in_memory: name `localhost' not present in server certificate\n");
}

}  // namespace
}  // namespace interop
