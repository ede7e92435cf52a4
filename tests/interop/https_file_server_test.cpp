// examples/https/https_file_server against curl, and against requests that no good client would send.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

// most_tries bounds what is tried again where it failed since the machine stalled.
constexpr int most_tries = 20;

class HttpsFileServer : public by_engine {};
class HttpsUpload : public HttpsFileServer {
 protected:
  HttpsUpload() { ::mkdir(uploads_.c_str(), 0700); }
  [[nodiscard]] https_server start_with_uploads(const words& more = {}) const {
    words all = {"--upload", uploads_};
    all.insert(all.end(), more.begin(), more.end());
    return start(all);
  }
  // What is there after the uploads, temporary files included.
  [[nodiscard]] std::vector<std::string> uploaded() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(uploads_)) names.push_back(entry.path().filename());
    return names;
  }
  static std::string put(std::string_view path, std::string_view body, std::string_view lines = {}) {
    return "PUT " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(lines) + "\r\n" + std::string(body);
  }

  std::string uploads_ = directory_.path() + "/uploads";
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsFileServer);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsUpload);
INSTANTIATE_TEST_SUITE_P(Interop, HttpsFileServer, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });
INSTANTIATE_TEST_SUITE_P(Interop, HttpsUpload, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(HttpsFileServer, ServesFilesToCurlOverOneConnection) {
  need("curl", "curl");
  if (IsSkipped()) return;
  const std::string content = noise(3'000'001, 1);
  serve("file.bin", content);
  serve("empty", "");
  https_server server = start();
  program client(server.curl("/file.bin", {"--write-out", "%{stderr}%{num_connects}:%{http_version} ",
                                           "--output", directory_.path() + "/copy", server.url("/file.bin"),
                                           "--output", directory_.path() + "/nothing", server.url("/empty"),
                                           "--output", directory_.path() + "/again"}));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.messages(), "1:1.1 0:1.1 0:1.1 ");
  EXPECT_TRUE(read_file(directory_.path() + "/copy") == content);
  EXPECT_TRUE(read_file(directory_.path() + "/again") == content);
  EXPECT_EQ(read_file(directory_.path() + "/nothing"), "");
  EXPECT_TRUE(server.stop(SIGTERM));
  EXPECT_EQ(server.process().messages(), "");
}

TEST_P(HttpsFileServer, SaysWhatABrowserNeedsToKnow) {
  serve("page.html", "<p>hello");
  serve("index.html", "start");
  ::mkdir((served_ + "/dir").c_str(), 0700);
  serve("dir/index.html", "below");
  https_server server = start();
  const std::string page = server.get("/page.html");
  EXPECT_EQ(status_of(page), 200);
  EXPECT_EQ(body_of(page), "<p>hello");
  EXPECT_EQ(value_of(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(value_of(page, "Content-Length"), "8");
  EXPECT_EQ(value_of(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(value_of(page, "Content-Security-Policy"),
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'");
  EXPECT_EQ(value_of(page, "Strict-Transport-Security"), "");  // not for all of one's own machine
  EXPECT_EQ(value_of(page, "Connection"), "close");
  const auto hsts = [&](std::string_view first, std::string_view host) {
    const std::string answer = server.ask(std::string(first) + " HTTP/1.1\r\nHost: " + std::string(host) +
                                          "\r\nConnection: close\r\n\r\n");
    return value_of(answer, "Strict-Transport-Security");
  };
  EXPECT_EQ(hsts("GET /", "test.example"), "max-age=31536000");
  EXPECT_EQ(hsts("GET /", "localhost.test.example:8443"), "max-age=31536000");
  EXPECT_EQ(hsts("GET /", "LocalHost:8443"), "");
  EXPECT_EQ(hsts("GET /" + std::string(20'000, 'x'), "localhost"), "");  // refused before its host was read

  EXPECT_EQ(body_of(server.get("/")), "start");
  EXPECT_EQ(body_of(server.get("/?a=b")), "start");
  EXPECT_EQ(body_of(server.get("/dir/")), "below");
  const std::string moved = server.get("/dir");
  EXPECT_EQ(status_of(moved), 308);
  EXPECT_EQ(value_of(moved, "Location"), "/dir/");
  EXPECT_EQ(value_of(server.get("/dir?a=b"), "Location"), "/dir/?a=b");
  EXPECT_EQ(status_of(server.get("/none")), 404);
  EXPECT_EQ(status_of(server.get("/page.html/")), 404);
  EXPECT_EQ(status_of(server.get("/page.html/x")), 404);

  const std::string head = server.ask("HEAD /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_EQ(value_of(head, "Content-Length"), "8");
  EXPECT_EQ(body_of(head), "");
}

TEST_P(HttpsFileServer, AgreesOnHttp11) {
  serve("f", "x");
  https_server server = start();
  const auto good = server.connect({.alpn = "h2,http/1.1"});
  ASSERT_TRUE(good->handshake());
  EXPECT_EQ(good->info().alpn, "http/1.1");
  EXPECT_TRUE(got_alert(server.connect({.alpn = "h2"})->fail(), no_application_protocol));
}

TEST_P(HttpsFileServer, AnswersRequestsThatComeAtOnceInTheirOrder) {
  serve("one", "1");
  serve("two", "22");
  https_server server = start();
  const std::string host = " HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string all =
      server.ask("GET /one" + host + "HEAD /two" + host + "GET /none" + host +
                 "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /one" + host);
  std::vector<std::string> seen;
  for (std::size_t at = all.find("HTTP/1.1 "); at != all.npos; at = all.find("HTTP/1.1 ", at + 1))
    seen.push_back(all.substr(at + 9, 3) + ":" + value_of(all.substr(at), "Content-Length"));
  // What follows "Connection: close" is not read.
  EXPECT_EQ(seen, (std::vector<std::string>{"200:1", "200:2", "404:10", "200:2"}));
  EXPECT_TRUE(all.ends_with("\r\n\r\n22"));
}

TEST_P(HttpsFileServer, DoesNotReadARequestOutOfABodyThatNobodyAskedFor) {
  serve("one", "1");
  https_server server = start();
  const std::string all = server.ask(
      "GET /one HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: "
      "a\r\n\r\nxxx");
  EXPECT_EQ(status_of(all), 200);
  EXPECT_EQ(value_of(all, "Connection"), "close");
  EXPECT_EQ(body_of(all), "1");
}

TEST_P(HttpsFileServer, GivesParts) {
  std::string content;
  for (int i = 0; i < 100; ++i) content += static_cast<char>('0' + i % 10);
  serve("f", content);
  https_server server = start();
  const std::string part = server.get("/f", "Range: bytes=10-19\r\n");
  EXPECT_EQ(status_of(part), 206);
  EXPECT_EQ(value_of(part, "Content-Range"), "bytes 10-19/100");
  EXPECT_EQ(value_of(part, "Content-Length"), "10");
  EXPECT_EQ(body_of(part), "0123456789");
  EXPECT_EQ(body_of(server.get("/f", "Range: bytes=-5\r\n")), "56789");
  EXPECT_EQ(body_of(server.get("/f", "Range: bytes=95-99999999999999999999999\r\n")), "56789");

  const std::string beyond = server.get("/f", "Range: bytes=100-\r\n");
  EXPECT_EQ(status_of(beyond), 416);
  EXPECT_EQ(value_of(beyond, "Content-Range"), "bytes */100");
  std::string many = "Range: bytes=0-";
  for (int i = 0; i < 1000; ++i) many += ",0-";
  for (const std::string& whole :
       {many, std::string("Range: bytes=5-1"), std::string("Range: bytes=0-1,2-3")}) {
    const std::string all = server.get("/f", whole + "\r\n");
    EXPECT_EQ(status_of(all), 200) << whole;
    EXPECT_EQ(body_of(all), content);
  }
}

TEST_P(HttpsFileServer, SparesClientsWhatTheyHave) {
  serve("f", "content");
  https_server server = start();
  const std::string first = server.get("/f");
  const std::string tag = value_of(first, "ETag");
  const std::string date = value_of(first, "Last-Modified");
  EXPECT_TRUE(tag.starts_with('"') && tag.ends_with('"')) << tag;
  const std::string same = server.get("/f", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(status_of(same), 304);
  EXPECT_EQ(value_of(same, "ETag"), tag);
  EXPECT_EQ(body_of(same), "");
  EXPECT_EQ(status_of(server.get("/f", "If-Modified-Since: " + date + "\r\n")), 304);
  EXPECT_EQ(status_of(server.get("/f", "If-Match: \"other\"\r\n")), 412);
  EXPECT_EQ(status_of(server.get("/f", "If-Range: " + tag + "\r\nRange: bytes=0-1\r\n")), 206);

  serve("f", "CONTENT");  // of the same size
  EXPECT_EQ(status_of(server.get("/f", "If-None-Match: " + tag + "\r\n")), 200);
  const std::string other = server.get("/f", "If-Range: " + tag + "\r\nRange: bytes=0-1\r\n");
  EXPECT_EQ(status_of(other), 200);
  EXPECT_EQ(body_of(other), "CONTENT");
}

TEST_P(HttpsFileServer, LetsCurlResume) {
  need("curl", "curl");
  if (IsSkipped()) return;
  const std::string content = noise(2'000'000, 2);
  serve("file.bin", content);
  https_server server = start();
  const std::string copy = directory_.write("copy", content.substr(0, 777'777));
  program client(server.curl("/file.bin", {"--continue-at", "-", "--output", copy, "--fail"}));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(read_file(copy) == content);
}

TEST_P(HttpsFileServer, GivesNothingThatIsNotBelowItsDirectory) {
  directory_.write("secret", "secret");
  serve("f", "public");
  serve(".hidden", "secret");
  ::mkdir((served_ + "/dir").c_str(), 0700);
  ASSERT_EQ(::symlink("../secret", (served_ + "/link").c_str()), 0);
  ASSERT_EQ(::symlink("..", (served_ + "/up").c_str()), 0);
  ASSERT_EQ(::symlink("/etc/passwd", (served_ + "/passwd").c_str()), 0);
  ASSERT_EQ(::symlink("/", (served_ + "/dir/root").c_str()), 0);
  ASSERT_EQ(::mkfifo((served_ + "/pipe").c_str(), 0600), 0);
  https_server server = start();
  for (const std::string_view path : {"/../secret"sv,
                                      "/dir/../../secret"sv,
                                      "/%2e%2e/secret"sv,
                                      "/.%2E/secret"sv,
                                      "/..%2fsecret"sv,
                                      "/%2e%2e%2fsecret"sv,
                                      "/dir/%2e%2e/%2e%2e/secret"sv,
                                      "/..%5csecret"sv,
                                      "/..\\secret"sv,
                                      "/link"sv,
                                      "/up/secret"sv,
                                      "/passwd"sv,
                                      "/dir/root/etc/passwd"sv,
                                      "//etc/passwd"sv,
                                      "/%2fetc/passwd"sv,
                                      "/f%00.html"sv,
                                      "/f%00"sv,
                                      "/%00"sv,
                                      "/.hidden"sv,
                                      "/%2ehidden"sv,
                                      "/dir/"sv,
                                      "/pipe"sv,
                                      "/%c0%ae%c0%ae/secret"sv,
                                      "/%252e%252e/secret"sv,
                                      "https://a/../secret"sv,
                                      "/%"sv,
                                      "/./f"sv}) {
    const std::string answer = server.get(path);
    EXPECT_TRUE(status_of(answer) == 400 || status_of(answer) == 404) << path << "\n" << answer;
    EXPECT_EQ(answer.find("secret"), answer.npos) << path;
    EXPECT_EQ(answer.find("root:"), answer.npos) << path;
  }
  EXPECT_EQ(body_of(server.get("/f")), "public");
}

TEST_P(HttpsFileServer, RefusesWithTheRightStatusAndEndsTheConnection) {
  serve("f", "x");
  https_server server = start();
  const std::string host = "Host: a\r\n";
  const std::string bomb(20'000, 'x');
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  const std::vector<std::pair<int, std::string>> refusals = {
      {400, "GET /f HTTP/1.1\r\n\r\n"},  // no host
      {400, "GET /f HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {400, "GET /f HTTP/1.1\nHost: a\n\n"},
      {400, "GET /f HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n"},  // folded
      {400, "GET /f HTTP/1.1\r\n" + host + "A : b\r\n\r\n"},
      {400, "GET /f HTTP/1.1\r\n" + host + "A: b\rC: d\r\n\r\n"},
      {400, std::string("GET /f HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n"sv)},
      {400, "GET /f HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET /f HTTP/1.1\r\n" + host + "Content-Length: -5\r\n\r\n"},
      {400, "\x16\x03\x01 not HTTP\r\n\r\n"},
      {405, "DELETE /f HTTP/1.1\r\n" + host + "\r\n"},
      {405, "PUT /f HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx"},  // there is no --upload
      {405, "POST /chat HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx"},
      {405, "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n"},
      {414, "GET /" + bomb + " HTTP/1.1\r\n" + host + "\r\n"},
      {417, "GET /f HTTP/1.1\r\n" + host + "Expect: gifts\r\n\r\n"},
      {421, "GET http://a/f HTTP/1.1\r\n" + host + "\r\n"},
      {431, "GET /f HTTP/1.1\r\n" + host + "A: " + bomb + "\r\n\r\n"},
      {431, "GET /f HTTP/1.1\r\n" + host + many + "\r\n"},
      {501, "BREW /f HTTP/1.1\r\n" + host + "\r\n"},
      {501, "GET /f HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {505, "GET /f HTTP/2.0\r\n" + host + "\r\n"}};
  for (const auto& [expected, request] : refusals) {
    const bool goes_on = expected == 405 || request.starts_with("BREW");
    const std::string last = goes_on ? "GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" : "";
    const std::string answer = server.ask(request + last);
    EXPECT_EQ(status_of(answer), expected) << request.substr(0, 100);
    EXPECT_NE(value_of(answer, "Content-Length"), "") << request.substr(0, 100);
    if (!goes_on) {
      EXPECT_EQ(value_of(answer, "Connection"), "close") << request.substr(0, 100);
    }
    if (expected == 405) {
      EXPECT_EQ(value_of(answer, "Allow"), "GET, HEAD, OPTIONS");
    }
  }
  const std::string allowed = server.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(allowed), 204);
  EXPECT_EQ(value_of(allowed, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_TRUE(server.stop(SIGTERM));
}

TEST_P(HttpsFileServer, DoesNotWaitLongForSilence) {
  serve("f", "x");
  https_server server = start({"--idle", "1"});
  const auto idle = server.connect();
  ASSERT_TRUE(idle->handshake());
  EXPECT_EQ(idle->receive_all(), "");  // the end, without a word
  EXPECT_TRUE(idle->ended_well());

  // On a machine that stalls it may be over before the request has come.
  std::string answer;
  for (int tries = 0; tries < most_tries && answer.empty(); ++tries) {
    const auto asks = server.connect();
    if (asks->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n")) answer = asks->receive_all();
    EXPECT_TRUE(answer.empty() || asks->ended_well());
  }
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "x");
}

TEST_P(HttpsFileServer, DoesNotWaitLongForSlowHeadsNorForHandshakes) {
  https_server server = start({"--head", "1"});
  raw_connection silent(server.port());
  EXPECT_EQ(silent.receive(1), "");
  EXPECT_TRUE(silent.has_ended());

  // On a machine that stalls a handshake may take longer than it is given here.
  std::string answer;
  for (int tries = 0; tries < most_tries && answer.empty(); ++tries) {
    const auto slow = server.connect();
    if (slow->send("GET /f HTTP/1.1\r\nHost: a\r\nA: ")) answer = slow->receive_all();
    EXPECT_TRUE(answer.empty() || slow->ended_well());
  }
  EXPECT_EQ(status_of(answer), 408);
}

TEST_P(HttpsFileServer, DoesNotWaitLongerForAHeadThatComesInDrops) {
  need("openssl", "openssl");
  if (IsSkipped()) return;
  https_server server = start({"--head", "1"});
  std::string answer;
  for (int tries = 0; tries < most_tries && answer.empty(); ++tries) {
    program drips({"openssl", "s_client", "-quiet", "-CAfile", pki("ca.pem"), "-connect",
                   "127.0.0.1:" + server.port()});
    bool takes = drips.give("GET /f HTTP/1.1\r\nHost: a\r\nA: ");
    // Each byte comes in time; all of them do not.
    int bytes = 0;
    for (; takes && bytes < 300 && !drips.ends_within(std::chrono::milliseconds(100)); ++bytes)
      takes = drips.give("x");
    ASSERT_LT(bytes, 300) << "the server goes on waiting";
    ASSERT_NE(drips.status(), program::still_running) << drips.everything();
    answer = drips.output();
  }
  EXPECT_EQ(status_of(answer), 408);
}

// The time for silence is not that for a handshake, which may be longer.
TEST_P(HttpsFileServer, GivesAHandshakeItsOwnTime) {
  serve("f", "x");
  https_server server = start({"--head", "600", "--idle", "1"});
  const auto slow = server.connect();
  const auto idle = server.connect();
  ASSERT_TRUE(idle->handshake());
  EXPECT_EQ(idle->receive_all(), "");  // the other one has been there for longer than that
  EXPECT_TRUE(slow->handshake());
}

TEST_P(HttpsFileServer, BreaksAnAnswerThatItCannotFinish) {
  const std::string path = served_ + "/f";
  serve("f", "");
  ASSERT_EQ(::truncate(path.c_str(), 100'000'000), 0);
  https_server server = start();
  const auto ours = server.connect();
  ASSERT_TRUE(ours->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(ours->receive(1000).size(), 1000U);
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  EXPECT_LT(ours->receive_all().size(), 50'000'000U);  // what the sockets held
  EXPECT_FALSE(ours->ended_well());
  EXPECT_TRUE(server.process().says("a client was not served: a file could not be read to its end"));
}

TEST_P(HttpsFileServer, BreaksAnAnswerThatIsAMixtureOfTwoFiles) {
  const std::string content = noise(20'000'000, 13);  // more than sockets hold
  serve("f", content);
  https_server server = start();
  const auto mixed = server.connect();
  ASSERT_TRUE(mixed->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(mixed->receive(1000).size(), 1000U);
  {
    const file_descriptor file(::open((served_ + "/f").c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(file.get(), "xyz", 3, 0), 3);  // into what was sent already
  }
  EXPECT_LT(mixed->receive_all().size(), content.size() - 1000);
  EXPECT_FALSE(mixed->ended_well());
  EXPECT_TRUE(server.process().says("a client was not served: a file changed while it was sent"));

  // One that is replaced is sent as it was.
  const std::string now = read_file(served_ + "/f");
  const auto old = server.connect();
  ASSERT_TRUE(old->send("GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  std::string got = old->receive(1000);
  serve("g", "new");
  fs::rename(served_ + "/g", served_ + "/f");
  got += old->receive_all();
  EXPECT_TRUE(old->ended_well());
  EXPECT_TRUE(body_of(got) == now);
}

TEST_P(HttpsFileServer, ServesSoManyAtOnce) {
  serve("f", "x");
  https_server server = start({"--clients", "1"});
  auto first = server.connect();
  const std::string request = "GET /f HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(first->send(request));
  EXPECT_TRUE(first->receive_until("\r\n\r\nx").ends_with("x"));
  // What is no handshake would have the server hang up at once. It has enough turns to do so.
  raw_connection second(server.port());
  second.send("this is not TLS\r\n");
  for (int turns = 0; turns < 200; ++turns) {
    ASSERT_TRUE(first->send(request));
    ASSERT_TRUE(first->receive_until("\r\n\r\nx").ends_with("x"));
  }
  EXPECT_FALSE(second.has_come());
  EXPECT_TRUE(first->close());
  static_cast<void>(second.receive(1000));
  EXPECT_TRUE(second.has_ended());
  EXPECT_EQ(body_of(server.get("/f")), "x");
}

TEST_P(HttpsFileServer, AsksForAsManyDescriptorsAsItsClientsNeed) {
  serve("f", "x");
  const auto start_with = [&](const std::string& limit, const std::string& clients) {
    return words{"sh",
                 "-c",
                 "ulimit " + limit + "; exec \"$0\" \"$@\"",
                 example("https_file_server"),
                 "--cert",
                 pki("server.pem"),
                 "--key",
                 pki("server.key"),
                 "--engine",
                 GetParam(),
                 "--clients",
                 clients,
                 served_};
  };
  program server(start_with("-S -n 40", "100"));
  const std::string said = server.line(0);
  ASSERT_TRUE(said.starts_with("listening on port ")) << server.everything();
  const auto port = static_cast<std::uint16_t>(std::stoi(said.substr(18)));
  std::vector<std::unique_ptr<end>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(connect(port, server, made_client({.ca = pki_file("ca.pem")})));
    ASSERT_TRUE(clients.back()->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(clients.back()->receive_until("\r\n\r\nx").ends_with("x")) << i;
  }
  EXPECT_EQ(server.messages(), "");

  program fewer(start_with("-n 94", "100"));
  EXPECT_TRUE(fewer.line(0).starts_with("listening on port ")) << fewer.everything();
  EXPECT_TRUE(fewer.says("serves 10 clients")) << fewer.everything();
  EXPECT_EQ(fewer.messages(),
            "https_file_server: serves 10 clients at once: the system allows no more descriptors\n");
}

TEST_P(HttpsFileServer, ServesOnlyWhoHasACertificateWhereThatIsWanted) {
  serve("f", "x");
  https_server server = start({"--ca", pki("ca.pem")});
  const stls::keypair shown = pki_pair("client");
  const auto guest = server.connect({.cert = shown.cert, .key = shown.key});
  EXPECT_TRUE(guest->send("GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(status_of(guest->receive_all()), 200);
  EXPECT_NE(server.connect()->fail().code, std::error_code());
}

TEST_P(HttpsFileServer, TakesANewCertificateOnSighup) {
  serve("f", "x");
  const std::string cert = directory_.write("cert", read_file(pki("server.pem")));
  const std::string key = directory_.write("key", read_file(pki("server.key")));
  https_server server(GetParam(), served_, {}, cert, key);
  const auto before = server.connect();
  ASSERT_TRUE(before->handshake());

  directory_.write("cert", read_file(pki("server-direct.pem")));
  directory_.write("key", read_file(pki("server-direct.key")));
  server.process().signal(SIGHUP);
  ASSERT_TRUE(server.process().says("reloaded\n")) << server.process().everything();
  const auto after = server.connect();
  ASSERT_TRUE(after->handshake());
  EXPECT_NE(after->info().peer.hash, before->info().peer.hash);

  directory_.write("key", "nonsense");
  server.process().signal(SIGHUP);
  EXPECT_TRUE(server.process().says("https_file_server: goes on as before: key: "))
      << server.process().everything();
  const auto still = server.connect();
  ASSERT_TRUE(still->handshake());
  EXPECT_EQ(still->info().peer.hash, after->info().peer.hash);
  // Who was there has lost nothing.
  ASSERT_TRUE(before->send("GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(status_of(before->receive_all()), 200);
  EXPECT_TRUE(server.stop(SIGTERM));
}

TEST_P(HttpsFileServer, FinishesWhatItIsAtBeforeItEnds) {
  const std::string content = noise(20'000'000, 3);  // more than sockets hold
  serve("f", content);
  https_server server = start();
  const auto idle = server.connect();
  ASSERT_TRUE(idle->handshake());
  const auto busy = server.connect();
  ASSERT_TRUE(busy->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"));
  std::string got = busy->receive(1000);
  server.process().signal(SIGTERM);
  EXPECT_EQ(idle->receive_all(), "");
  EXPECT_TRUE(idle->ended_well());
  EXPECT_FALSE(server.process().ends_within(std::chrono::milliseconds(0)));  // it waits for the download
  got += busy->receive_all();
  EXPECT_TRUE(busy->ended_well());
  EXPECT_TRUE(body_of(got) == content);
  EXPECT_EQ(server.process().status(), 0) << server.process().everything();
}

TEST_P(HttpsFileServer, EndsAlsoWhereAClientNeverComesToAnEnd) {
  serve("f", noise(20'000'000, 4));
  https_server server = start({"--drain", "1"});
  const auto lazy = server.connect();
  ASSERT_TRUE(lazy->send("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(lazy->receive(1000).size(), 1000U);
  EXPECT_TRUE(server.stop(SIGINT));
  (void)lazy->receive_all();
  EXPECT_FALSE(lazy->ended_well());  // what it got is not whole
}

TEST_P(HttpsFileServer, PrintsALineForEachRequest) {
  serve("f", "12345");
  https_server server = start({"--log"});
  EXPECT_EQ(status_of(server.get("/f?x=\x7e")), 200);
  EXPECT_TRUE(server.process().says(" \"GET /f\" 200 5\n")) << server.process().everything();
}

TEST_P(HttpsFileServer, ExplainsWrongUsage) {
  program none({example("https_file_server")});
  EXPECT_EQ(none.status(), 2);
  EXPECT_TRUE(none.says("usage: "));
  program number({example("https_file_server"), "--idle", "soon", "x"});
  EXPECT_EQ(number.status(), 1);
  EXPECT_EQ(number.messages(), "https_file_server: --idle: `soon' is no number from 1 on\n");
  program directory({example("https_file_server"), "--cert", pki("server.pem"), "--key", pki("server.key"),
                     directory_.path() + "/none"});
  EXPECT_EQ(directory.status(), 1);
  EXPECT_TRUE(directory.says("/none: No such file or directory\n")) << directory.everything();
  program cert({example("https_file_server"), "--cert", "/none.pem", "--key", pki("server.key"), served_});
  EXPECT_EQ(cert.status(), 1);
  EXPECT_TRUE(cert.says("https_file_server: cert: ")) << cert.everything();
}

TEST_P(HttpsUpload, StoresWhatCurlSends) {
  need("curl", "curl");
  if (IsSkipped()) return;
  https_server server = start_with_uploads();
  for (const auto& more : {words{}, words{"--header", "Transfer-Encoding: chunked"}}) {
    const std::string content = noise(3'000'001, static_cast<unsigned>(more.size()));
    const std::string file = directory_.write("file", content);
    words argv = {"--upload-file", file, "--write-out", "%{http_code}"};
    argv.insert(argv.end(), more.begin(), more.end());
    program client(server.curl("/copy.bin", argv));
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_EQ(client.output(), more.empty() ? "201" : "204");
    EXPECT_TRUE(read_file(uploads_ + "/copy.bin") == content);
  }
  EXPECT_EQ(uploaded(), words{"copy.bin"});
}

TEST_P(HttpsUpload, LetsNobodySeeHalfAFile) {
  https_server server = start_with_uploads();
  directory_.write("uploads/f", "old");
  {
    const auto cut = server.connect();
    ASSERT_TRUE(cut->send("PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"));
    cut->hang_up();
  }
  EXPECT_TRUE(server.process().says("a client was not served: connection ended without close_notify"));
  const auto leaves = server.connect();
  ASSERT_TRUE(leaves->send("PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"));
  EXPECT_TRUE(leaves->close());
  EXPECT_TRUE(server.process().says("a client was not served: the stream ended inside of a body"));
  EXPECT_EQ(server.status("PUT /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfx"), 400);
  EXPECT_EQ(read_file(uploads_ + "/f"), "old");
  EXPECT_EQ(uploaded(), words{"f"});
}

TEST_P(HttpsUpload, IsBounded) {
  https_server server = start_with_uploads({"--longest", "10"});
  EXPECT_EQ(server.status(put("/f", "0123456789")), 201);
  EXPECT_EQ(server.status("PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"),
            413);
  EXPECT_EQ(
      server.status(
          "PUT /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n"),
      413);
  EXPECT_EQ(read_file(uploads_ + "/f"), "0123456789");
  EXPECT_EQ(uploaded(), words{"f"});
}

TEST_P(HttpsUpload, WritesNothingThatIsNotBelowItsDirectory) {
  directory_.write("secret", "old");
  ::mkdir((uploads_ + "/dir").c_str(), 0700);
  ASSERT_EQ(::symlink("../secret", (uploads_ + "/link").c_str()), 0);
  ASSERT_EQ(::symlink("..", (uploads_ + "/up").c_str()), 0);
  https_server server = start_with_uploads();
  for (const char* path : {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/up/secret", "/link", "/.hidden",
                           "/dir", "/dir/", "/", "/none/f", "/f%00", "//f", "/link/f"}) {
    const int status = server.status(put(path, "new"));
    EXPECT_TRUE(status == 400 || status == 409) << path << " " << status;
  }
  EXPECT_EQ(read_file(directory_.path() + "/secret"), "old");
  EXPECT_EQ(uploaded().size(), 3U);
  EXPECT_TRUE(fs::is_empty(uploads_ + "/dir"));
  EXPECT_EQ(server.status(put("/dir/f", "new")), 201);
  EXPECT_EQ(read_file(uploads_ + "/dir/f"), "new");
}

TEST_P(HttpsUpload, HonoursWhatTheClientSaysOfTheFile) {
  https_server server = start_with_uploads();
  EXPECT_EQ(server.status(put("/f", "x", "Content-Range: bytes 0-0/2\r\n")), 400);
  EXPECT_EQ(server.status(put("/f", "x", "Content-Encoding: gzip\r\n")), 415);
  EXPECT_EQ(server.status(put("/f", "x", "If-Match: *\r\n")), 412);
  EXPECT_EQ(server.status(put("/f", "one", "If-None-Match: *\r\n")), 201);
  EXPECT_EQ(server.status(put("/f", "two", "If-None-Match: *\r\n")), 412);
  EXPECT_EQ(read_file(uploads_ + "/f"), "one");
  const std::string stored = server.ask(put("/f", "three"));
  EXPECT_EQ(status_of(stored), 204);
  EXPECT_EQ(server.status(put("/f", "four", "If-Match: " + value_of(stored, "ETag") + "\r\n")), 204);
  EXPECT_EQ(server.status(put("/f", "five", "If-Match: " + value_of(stored, "ETag") + "\r\n")), 412);
  EXPECT_EQ(read_file(uploads_ + "/f"), "four");
  EXPECT_EQ(uploaded(), words{"f"});
}

TEST_P(HttpsUpload, TakesOneOfTwoThatReplaceTheSameVersion) {
  https_server server = start_with_uploads();
  for (const bool there : {true, false}) {
    const std::string path = there ? "/old" : "/new";
    std::string condition = "If-None-Match: *\r\n";
    if (there) condition = "If-Match: " + value_of(server.ask(put(path, "before")), "ETag") + "\r\n";
    const auto first = server.connect();
    ASSERT_TRUE(first->send("PUT " + path +
                            " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n" +
                            "Expect: 100-continue\r\n" + condition + "\r\n"));
    EXPECT_EQ(first->receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(server.status(put(path, "second", condition)), there ? 204 : 201);
    ASSERT_TRUE(first->send("first"));
    EXPECT_EQ(status_of(first->receive_all()), 412);
    EXPECT_EQ(read_file(uploads_ + path), "second");
  }
  EXPECT_EQ(uploaded().size(), 2U);
  // Without a condition the last one counts, and each is told what it did.
  const auto first = server.connect();
  ASSERT_TRUE(
      first->send("PUT /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n"
                  "Expect: 100-continue\r\n\r\n"));
  EXPECT_EQ(first->receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(server.status(put("/f", "second")), 201);
  ASSERT_TRUE(first->send("first"));
  EXPECT_EQ(status_of(first->receive_all()), 204);
  EXPECT_EQ(read_file(uploads_ + "/f"), "first");
}

TEST_P(HttpsUpload, LetsTheNextRequestFollow) {
  serve("f", "x");
  https_server server = start_with_uploads();
  const std::string all = server.ask(
      "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"
      "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n"
      "GET /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n")) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\nx")) << all;
  EXPECT_EQ(read_file(uploads_ + "/a") + read_file(uploads_ + "/b"), "helloworld");
}

}  // namespace
}  // namespace interop
