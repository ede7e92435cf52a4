// examples/https/https_file_server under the load of wrk and h2load, and in the eyes of sslscan.
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

class HttpsLoad : public by_engine {};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsLoad);
INSTANTIATE_TEST_SUITE_P(Interop, HttpsLoad, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(HttpsLoad, OfWrkIsServedWithoutAnError) {
  need("wrk", "wrk");
  if (IsSkipped()) return;
  serve("f", noise(1000, 1));
  https_server server = start();
  program load(
      {"wrk", "--threads", "1", "--connections", "20", "--duration", "1s", server.address_url("/f")});
  EXPECT_EQ(load.status(), 0) << load.everything();
  const std::string said = load.output();
  EXPECT_NE(said.find(" requests in "), said.npos) << said;
  EXPECT_EQ(said.find("Socket errors"), said.npos) << said;
  EXPECT_EQ(said.find("Non-2xx"), said.npos) << said;
  EXPECT_TRUE(server.stop(SIGTERM));
}

TEST_P(HttpsLoad, OfH2loadIsServedWithoutAnError) {
  need("h2load", "nghttp2-client");
  if (IsSkipped()) return;
  serve("f", noise(100'000, 2));
  https_server server = start();
  program load({"h2load", "--h1", "--requests", "500", "--clients", "20", server.address_url("/f")});
  EXPECT_EQ(load.status(), 0) << load.everything();
  EXPECT_TRUE(load.says("500 total, 500 started, 500 done, 500 succeeded, 0 failed, 0 errored, 0 timeout"))
      << load.everything();
  EXPECT_TRUE(server.stop(SIGTERM));
}

TEST_P(HttpsLoad, HasNoWeakProtocolOrCipherForSslscan) {
  need("sslscan", "sslscan");
  if (IsSkipped()) return;
  serve("f", "x");
  https_server server = start();
  program scan({"sslscan", "--xml=-", "--no-colour", "127.0.0.1:" + server.port()});
  EXPECT_EQ(scan.status(), 0) << scan.everything();
  const std::string found = scan.output();
  EXPECT_NE(found.find("<protocol type=\"tls\" version=\"1.2\" enabled=\"1\""), found.npos) << found;
  for (const char* old : {"type=\"ssl\" version=\"2\"", "type=\"ssl\" version=\"3\"",
                          "type=\"tls\" version=\"1.0\"", "type=\"tls\" version=\"1.1\""})
    EXPECT_EQ(found.find(std::string(old) + " enabled=\"1\""), found.npos) << found;
  for (const char* strength : {"weak", "medium", "null", "anonymous"})
    EXPECT_EQ(found.find("strength=\"" + std::string(strength) + "\""), found.npos) << found;
  for (const char* bad :
       {"vulnerable=\"1\"", "<compression supported=\"1\"", "<renegotiation supported=\"1\""})
    EXPECT_EQ(found.find(bad), found.npos) << found;
}

}  // namespace
}  // namespace interop
