// Our server and `curl`, whose libcurl may be built with any TLS library: so its exit statuses are looked at,
// and only those of its messages that are its own. That a stream is cut short it may overlook: see the other
// programs for that.
#include <gtest/gtest.h>

#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

constexpr int certificate_refused = 60;  // curl's manual, EXIT CODES

class Curl : public by_kind {
 protected:
  void SetUp() override { need("curl", "curl"); }

  // curl -q reads no file of the user, and --noproxy no proxy of the machine.
  std::vector<std::string> curl(const listener& server, std::vector<std::string> more = {}) const {
    const std::string version = GetParam().is_1_3() ? "1.3" : "1.2";
    std::vector<std::string> argv = {"curl",
                                     "-q",
                                     "--silent",
                                     "--show-error",
                                     "--noproxy",
                                     "*",
                                     "--http1.1",
                                     "--tlsv" + version,
                                     "--tls-max",
                                     version,
                                     "--resolve",
                                     "localhost:" + server.port() + ":127.0.0.1",
                                     "https://localhost:" + server.port() + "/file"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  static std::vector<std::string> trusting(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--cacert", pki("ca.pem")});
    return more;
  }

  // Without a length: only the end of the stream says that this was all.
  static std::string response(const std::string& body) { return "HTTP/1.0 200 OK\r\n\r\n" + body; }
};

TEST_P(Curl, VerifiesOurServerAndFetchesAFile) {
  auto options = GetParam().server();
  options.alpn = "h2,http/1.1";
  listener server(options);
  program client(curl(server, trusting({"--verbose"})));
  auto ours = server.accept(client);
  const std::string file = noise(1'000'000, 10);
  EXPECT_EQ(ours->receive_until("\r\n\r\n").substr(0, 20), "GET /file HTTP/1.1\r\n");
  EXPECT_EQ(ours->info().version, GetParam().version);
  EXPECT_EQ(ours->info().alpn, "http/1.1");
  EXPECT_EQ(ours->info().servername, "localhost");
  ASSERT_TRUE(ours->send(response(file)));
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.messages();
  EXPECT_TRUE(client.output() == file);
  EXPECT_TRUE(client.says("server accepted http/1.1")) << client.messages();
}

TEST_P(Curl, SendsAFile) {
  listener server(GetParam().server());
  const temporary_directory directory;
  const std::string file = noise(1'000'000, 11);
  program client(
      curl(server, trusting({"--upload-file", directory.write("file", file), "--header", "Expect:"})));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->receive_until("\r\n\r\n").substr(0, 20), "PUT /file HTTP/1.1\r\n");
  EXPECT_TRUE(ours->receive(file.size()) == file);
  ASSERT_TRUE(ours->send(response("thanks")));
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.output(), "thanks");
}

TEST_P(Curl, RefusesCertificatesOfOursThatAreNoGood) {
  for (const char* pair : {"untrusted", "expired", "wrong-name", "self-signed"}) {
    SCOPED_TRACE(pair);
    listener server(GetParam().server(pair));
    program client(curl(server, trusting()));
    auto ours = server.accept(client);
    EXPECT_EQ(ours->receive(1), "");
    ours->hang_up();
    EXPECT_EQ(client.status(), certificate_refused) << client.everything();
  }
}

TEST_P(Curl, ShowsItsCertificateToOurServer) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(curl(server, trusting({"--cert", pki("client.pem"), "--key", pki("client.key")})));
  auto ours = server.accept(client);
  (void)ours->receive_until("\r\n\r\n");
  EXPECT_EQ(ours->info().peer.subject, "/CN=client");
  ASSERT_TRUE(ours->send(response("welcome")));
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.output(), "welcome");
}

TEST_P(Curl, WithoutACertificateIsRefusedWhereOneIsRequired) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(curl(server, trusting()));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::certificate_missing) << ours->error();
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  EXPECT_EQ(client.output(), "");
}

INSTANTIATE_TEST_SUITE_P(Interop, Curl, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
