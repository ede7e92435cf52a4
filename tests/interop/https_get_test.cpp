// examples/https/https_get against our server, nginx, the openssl command, and servers that cut, lie or send
// it about.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

class HttpsGet : public by_engine {
 protected:
  [[nodiscard]] words command(const std::string& url, const words& more = {}) const {
    words argv = {example("https_get"), "--engine", GetParam(), "--ca", pki("ca.pem")};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.push_back(url);
    return argv;
  }
  [[nodiscard]] words into_file(const std::string& url, const words& more = {}) const {
    words argv = {"--output", copy_};
    argv.insert(argv.end(), more.begin(), more.end());
    return command(url, argv);
  }
  [[nodiscard]] bool left_nothing() const {
    namespace fs = std::filesystem;
    return !fs::exists(copy_) && !fs::exists(copy_ + ".part") && !fs::exists(copy_ + ".part.etag");
  }
  // liar is a server of our own, whose answers are written by the test.
  static stls::options liar() {
    const stls::keypair pair = pki_pair("server");
    return {.cert = pair.cert, .key = pair.key};
  }
  static std::string url(const listener& server, std::string_view path = "/f") {
    return "https://127.0.0.1:" + server.port() + std::string(path);
  }

  std::string copy_ = directory_.path() + "/copy";
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpsGet);
INSTANTIATE_TEST_SUITE_P(Interop, HttpsGet, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(HttpsGet, FetchesAFileWhole) {
  const std::string content = noise(3'000'001, 5);
  serve("file.bin", content);
  serve("empty", "");
  https_server server = start();
  program client(into_file(server.address_url("/file.bin")));
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.messages(), "");
  EXPECT_TRUE(read_file(copy_) == content);
  EXPECT_FALSE(std::filesystem::exists(copy_ + ".part"));
  program out(command(server.address_url("/file.bin")));
  EXPECT_EQ(out.status(), 0) << out.messages();
  EXPECT_TRUE(out.output() == content);
  program empty(into_file(server.address_url("/empty")));
  EXPECT_EQ(empty.status(), 0) << empty.everything();
  EXPECT_EQ(read_file(copy_), "");
  program by_address(command("https://127.0.0.1:" + server.port() + "/empty"));
  EXPECT_EQ(by_address.status(), 0) << by_address.everything();
}

TEST_P(HttpsGet, SaysWhatTheServerAnswered) {
  https_server server = start();
  program client(into_file(server.address_url("/none")));
  EXPECT_EQ(client.status(), 1);
  EXPECT_EQ(client.messages(), "https_get: the server answered 404\n");
  EXPECT_TRUE(left_nothing());
}

TEST_P(HttpsGet, TrustsNobodyWithoutReason) {
  serve("f", "x");
  https_server server(GetParam(), served_, {}, pki("untrusted.pem"), pki("untrusted.key"));
  program client(into_file(server.address_url("/f")));
  EXPECT_EQ(client.status(), 1);
  EXPECT_EQ(client.messages(),
            "https_get: certificate verification failed: unable to get local issuer certificate\n");
  EXPECT_TRUE(left_nothing());
}

TEST_P(HttpsGet, TakesNoPartForTheWhole) {
  listener server(liar());
  for (const std::string_view cut :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le", ""}) {
    program client(into_file(url(server)));
    const auto peer = server.accept(client);
    EXPECT_EQ(peer->receive_until("\r\n\r\n").substr(0, 17), "GET /f HTTP/1.1\r\n");
    EXPECT_TRUE(peer->send(cut));
    EXPECT_TRUE(peer->close());
    EXPECT_EQ(client.status(), 1) << cut;
    EXPECT_TRUE(client.messages().starts_with("https_get: the stream ended inside of a "))
        << client.messages();
    EXPECT_TRUE(left_nothing());
  }
  // Without a length only close_notify says that this was all.
  for (const bool whole : {true, false}) {
    program client(into_file(url(server)));
    const auto peer = server.accept(client);
    (void)peer->receive_until("\r\n\r\n");
    EXPECT_TRUE(peer->send("HTTP/1.0 200 OK\r\n\r\nbody"));
    if (whole) {
      EXPECT_TRUE(peer->close());
    } else {
      peer->hang_up();
    }
    EXPECT_EQ(client.status(), whole ? 0 : 1) << client.everything();
    EXPECT_EQ(left_nothing(), !whole);
    EXPECT_EQ(client.messages(), whole ? "" : "https_get: connection ended without close_notify\n");
    ::unlink(copy_.c_str());
  }
}

TEST_P(HttpsGet, DecodesChunksAndPassesOverInterimAnswers) {
  listener server(liar());
  program client(into_file(url(server)));
  const auto peer = server.accept(client);
  (void)peer->receive_until("\r\n\r\n");
  EXPECT_TRUE(peer->send(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n8\r\n, world!\r\n0\r\nA: b\r\n\r\n"));
  EXPECT_TRUE(peer->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(read_file(copy_), "hello, world!");
}

TEST_P(HttpsGet, RefusesAnswersThatAreNone) {
  listener server(liar());
  for (const std::string_view bad :
       {"HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "SSH-2.0-OpenSSH\r\n\r\n"}) {
    program client(into_file(url(server)));
    const auto peer = server.accept(client);
    (void)peer->receive_until("\r\n\r\n");
    EXPECT_TRUE(peer->send(bad));
    EXPECT_EQ(client.status(), 1) << bad;
    EXPECT_TRUE(client.messages().starts_with("https_get: the response is no good: ")) << client.messages();
    EXPECT_TRUE(left_nothing());
  }
}

TEST_P(HttpsGet, FollowsRedirectionsButNotOutOfTls) {
  ::mkdir((served_ + "/dir").c_str(), 0700);
  serve("dir/index.html", "found");
  https_server server = start();
  program relative(command(server.address_url("/dir")));
  EXPECT_EQ(relative.status(), 0) << relative.everything();
  EXPECT_EQ(relative.output(), "found");

  listener other(liar());
  const auto moved = [&](const std::string& to) {
    program client(command(url(other)));
    const auto peer = other.accept(client);
    (void)peer->receive_until("\r\n\r\n");
    EXPECT_TRUE(peer->send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n"));
    EXPECT_TRUE(peer->close());
    const std::string status = std::to_string(client.status());  // first, since it waits for the end
    return status + ":" + client.output() + client.messages();
  };
  EXPECT_EQ(moved(server.address_url("/dir/")), "0:found");
  EXPECT_EQ(moved("http://127.0.0.1:" + server.port() + "/"),
            "1:https_get: `http://127.0.0.1:" + server.port() + "/' is not https\n");
  EXPECT_EQ(moved("file:///etc/passwd"), "1:https_get: `file:///etc/passwd' is not https\n");

  program lost(command(url(other)));
  for (int i = 0; i <= 10; ++i) {
    const auto peer = other.accept(lost);
    (void)peer->receive_until("\r\n\r\n");
    EXPECT_TRUE(peer->send("HTTP/1.1 307 x\r\nContent-Length: 0\r\nLocation: /f\r\n\r\n"));
    EXPECT_TRUE(peer->close());
  }
  EXPECT_EQ(lost.status(), 1);
  EXPECT_EQ(lost.messages(), "https_get: there are too many redirections\n");
}

TEST_P(HttpsGet, ResumesTheSameVersionOfTheSameUrlOnly) {
  const std::string content = noise(2'000'000, 6);
  serve("f", content);
  const std::string tag = value_of(start().get("/f", "Range: bytes=0-0\r\n"), "ETag");
  struct trial {
    std::string first_tag;
    std::string begun;
    bool same_url;
    std::string logged;
  };
  const std::string other = noise(2'000'000, 60);
  for (const trial& t :
       {trial{tag, content, true, " 206 1500000\n"}, trial{"\"old\"", other, true, " 200 2000000\n"},
        trial{"W/" + tag, other, true, " 200 2000000\n"}, trial{tag, other, false, " 200 2000000\n"}}) {
    const reserved_port port;
    {
      // A first run that is cut.
      listener cuts(liar(), port);
      program first(into_file(url(cuts, t.same_url ? "/f" : "/g"), {"--resume"}));
      const auto peer = cuts.accept(first);
      EXPECT_EQ(peer->receive_until("\r\n\r\n").find("Range"), std::string::npos);
      EXPECT_TRUE(peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\nETag: " + t.first_tag +
                             "\r\n\r\n" + t.begun.substr(0, 500'000)));
      peer->hang_up();
      EXPECT_EQ(first.status(), 1) << first.everything();
    }
    EXPECT_EQ(std::filesystem::exists(copy_ + ".part"), !t.first_tag.starts_with("W/"));

    https_server server = start({"--listen", port.address(), "--log"});
    program second(into_file(server.address_url("/f"), {"--resume"}));
    EXPECT_EQ(second.status(), 0) << second.everything();
    EXPECT_TRUE(read_file(copy_) == content);
    ::unlink(copy_.c_str());
    EXPECT_TRUE(left_nothing());
    EXPECT_TRUE(server.stop(SIGTERM));
    EXPECT_TRUE(server.process().output().ends_with(t.logged)) << server.process().everything();
  }
}

TEST_P(HttpsGet, TakesNoOtherPartForTheRest) {
  const std::string content = payload(2000, 10);
  listener server(liar());
  {
    program first(into_file(url(server), {"--resume"}));
    const auto peer = server.accept(first);
    (void)peer->receive_until("\r\n\r\n");
    EXPECT_TRUE(peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: \"v1\"\r\n\r\n" +
                           content.substr(0, 500)));
    peer->hang_up();
    EXPECT_EQ(first.status(), 1);
  }
  const auto answered = [&](const std::string& lines, std::size_t size) {
    program client(into_file(url(server), {"--resume"}));
    const auto peer = server.accept(client);
    const std::string asked = peer->receive_until("\r\n\r\n");
    const std::size_t had = std::filesystem::file_size(copy_ + ".part");
    EXPECT_NE(asked.find("\r\nRange: bytes=" + std::to_string(had) + "-\r\nIf-Range: \"v1\"\r\n"),
              std::string::npos)
        << asked;
    EXPECT_TRUE(peer->send("HTTP/1.1 206 x\r\n" + lines + "Content-Length: " + std::to_string(size) +
                           "\r\n\r\n" + content.substr(had, size)));
    EXPECT_TRUE(peer->close());
    const std::string status = std::to_string(client.status());  // first, since it waits for the end
    return status + ":" + client.messages();
  };
  const std::string tag = "ETag: \"v1\"\r\n";
  for (const std::string& lines :
       {tag + "Content-Range: bytes 500-999/2000\r\n", tag + "Content-Range: bytes 500-1999/*\r\n",
        tag + "Content-Range: bytes 499-1999/2000\r\n", tag + "Content-Range: bytes 500-1999/2001\r\n", tag,
        std::string("Content-Range: bytes 500-1999/2000\r\n"),
        std::string("ETag: \"v2\"\r\nContent-Range: bytes 500-1999/2000\r\n")}) {
    EXPECT_EQ(answered(lines, lines.find("999/2000") == std::string::npos ? 1500 : 500),
              "1:https_get: the server sent another part than the one that was asked for\n")
        << lines;
    EXPECT_FALSE(std::filesystem::exists(copy_)) << lines;
  }
  // It says that this is the rest, and sends less.
  EXPECT_EQ(answered(tag + "Content-Range: bytes 500-1999/2000\r\n", 700),
            "1:https_get: the server sent another size than it had said\n");
  EXPECT_FALSE(std::filesystem::exists(copy_));
  EXPECT_EQ(answered(tag + "Content-Range: bytes 1200-1999/2000\r\n", 800), "0:");
  EXPECT_EQ(read_file(copy_), content);
}

TEST_P(HttpsGet, LeavesAloneWhatAnotherRunIsWriting) {
  const std::string content = payload(2000, 11);
  listener server(liar());
  program first(into_file(url(server), {"--resume"}));
  const auto peer = server.accept(first);
  (void)peer->receive_until("\r\n\r\n");
  EXPECT_TRUE(
      peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: \"v1\"\r\n\r\n" + content.substr(0, 500)));
  for (const words& how : {words{}, words{"--resume"}}) {
    program second(into_file(url(server), how));
    EXPECT_EQ(second.status(), 1);
    EXPECT_EQ(second.messages(), "https_get: " + copy_ + ".part is being written by another run\n");
  }
  EXPECT_TRUE(peer->send(content.substr(500)));
  EXPECT_TRUE(peer->close());
  EXPECT_EQ(first.status(), 0) << first.everything();
  EXPECT_EQ(read_file(copy_), content);
  ::unlink(copy_.c_str());
  EXPECT_TRUE(left_nothing());
}

TEST_P(HttpsGet, FetchesFromNginx) {
  need("nginx", "nginx");
  if (IsSkipped()) return;
  const std::string content = noise(3'000'001, 7);
  serve("f", content);
  const reserved_port port;
  const std::string conf = directory_.write(
      "nginx.conf", "daemon off; master_process off; pid " + directory_.path() +
                        "/pid; error_log stderr; events {}\n"
                        "http { access_log off; client_body_temp_path " +
                        directory_.path() + "/b; proxy_temp_path " + directory_.path() +
                        "/p; fastcgi_temp_path " + directory_.path() + "/f; uwsgi_temp_path " +
                        directory_.path() + "/u; scgi_temp_path " + directory_.path() +
                        "/s;\n"
                        "  server { listen " +
                        port.address() + " ssl; ssl_certificate " + pki("server.pem") +
                        "; ssl_certificate_key " + pki("server.key") + "; root " + served_ +
                        ";\n"
                        "    location = /moved { return 301 https://127.0.0.1:" +
                        port.text() + "/f; } } }\n");
  program nginx({"nginx", "-e", "stderr", "-c", conf});
  ::close(connected(port.number(), nginx));
  program client(into_file("https://127.0.0.1:" + port.text() + "/moved"));
  EXPECT_EQ(client.status(), 0) << client.everything() << nginx.everything();
  EXPECT_TRUE(read_file(copy_) == content);
}

TEST_P(HttpsGet, FetchesFromTheOpensslCommand) {
  need("openssl", "openssl");
  if (IsSkipped()) return;
  const std::string content = noise(300'001, 8);
  serve("f.bin", content);
  const reserved_port port;
  const std::string cert = pki("server.pem");
  program peer({"openssl", "s_server", "-accept", port.address(), "-WWW", "-quiet", "-cert", cert,
                "-cert_chain", cert, "-key", pki("server.key")},
               served_);
  ASSERT_TRUE(connect(port, peer, {.ca = pki_file("ca.pem")})->handshake());  // it listens
  program client(into_file("https://127.0.0.1:" + port.text() + "/f.bin"));
  EXPECT_EQ(client.status(), 0) << client.everything() << peer.everything();
  EXPECT_TRUE(read_file(copy_) == content);
}

TEST_P(HttpsGet, ShowsHowFarItIsOnATerminal) {
  need("script", "bsdutils");
  if (IsSkipped()) return;
  serve("f", noise(3'145'728, 9));
  https_server server = start();
  std::string line;
  for (const std::string& word : into_file(server.address_url("/f"))) line += word + " ";
  program terminal({"script", "--quiet", "--return", "--command", line, "/dev/null"});
  EXPECT_EQ(terminal.status(), 0) << terminal.everything();
  EXPECT_NE(terminal.output().find("3.0 of 3.0 MiB, 100 %"), std::string::npos) << terminal.output();
}

TEST_P(HttpsGet, ExplainsWrongUsage) {
  program none({example("https_get")});
  EXPECT_EQ(none.status(), 2);
  EXPECT_TRUE(none.says("usage: "));
  for (const char* bad : {"http://a/", "a", "https://", "https://u@a/", "https://a:b/", "https://a/ b"}) {
    program wrong(command(bad));
    EXPECT_EQ(wrong.status(), 1) << bad;
    EXPECT_NE(wrong.messages(), "");
  }
}

}  // namespace
}  // namespace interop
