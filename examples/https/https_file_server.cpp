// https_file_server serves the files of a directory to browsers and their like, over HTTP/1.1 and TLS:
//
//   https_file_server --listen '*:443' --cert server.pem --key server.key DIRECTORY
//
// Ranges and conditional requests work, so that downloads can be resumed. With --upload, PUT stores files;
// with
// --chat, the page DIRECTORY/chat/ is a conversation. Behind a load balancer, --proxy-from says who the
// client is, and --ticket-keys has servers resume each other's sessions. SIGHUP reads the certificate and
// these keys again, for clients to come. SIGTERM or SIGINT ends it when the requests in hand are done.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "../pem_file.hpp"
#include "chat_room.hpp"
#include "draining_server.hpp"
#include "exchange.hpp"
#include "file_site.hpp"
#include "http_message.hpp"
#include "http_reader.hpp"
#include "https_arguments.hpp"
#include "message_stream.hpp"

namespace {

class web_server {
 public:
  explicit web_server(https_arguments args) : args_(std::move(args)), files_(args_.directory) {
    if (!args_.uploads.empty()) files_.allow_uploads(args_.uploads, args_.longest_upload);
  }

  int run() {
    draining_server server(
        "https_file_server", args_.serving, [this] { return make_config(); },
        [this](draining_server::client& c) { return serve(c); });
    server.behind(args_.proxies);
    server.on_drain([this] { chat_.close(); });
    return server.run(args_.host, args_.port);
  }

 private:
  [[nodiscard]] stls::result<stls::config> make_config() const {
    return stls::config::make({.alpn = "http/1.1",
                               .ca = pem_file(args_.ca),
                               .cert = pem_file(args_.cert),
                               .key = pem_file(args_.key),
                               .ticket_keys = args_.ticket_keys.empty()
                                                  ? stls::ticket_key_source()
                                                  : stls::ticket_key_source::file(args_.ticket_keys),
                               .verify_client = !args_.ca.empty(),
                               .engine = args_.engine});
  }

  // serve answers one client's requests, one after another.
  stls::task<> serve(draining_server::client& c) {
    message_stream in(c.socket());
    stls::result<void> agreed;
    if (!c.draining()) {
      const draining_server::client::idle nothing_in_hand(c);
      agreed = co_await c.socket().handshake();  // apart from what follows: it has a time of its own
    }
    if (!agreed && agreed.error() != stls::errc::cancelled) co_return agreed;
    const auto peer = c.socket().remote();  // whom a proxy has named, if there is one
    for (;;) {
      if (c.draining()) co_return stls::result<void>();
      stls::result<bool> came = false;
      {
        const draining_server::client::idle nothing_in_hand(c);
        came = co_await in.wait(args_.patience.idle);
      }
      // Between requests a client may go as it likes, and many do so without a word.
      if (!came || !*came) co_return stls::result<void>();

      const auto head = co_await in.head(args_.patience.head);
      const bool too_slow = !head && head.error() == stls::errc::timed_out;
      if (!head && !too_slow) co_return tl::unexpected(head.error());
      auto request = http::reading<http::request>(http::refuse(408, "the head came too slowly"));
      if (head) request = head->and_then(http::read_request);

      exchange x(c, in, request ? std::move(*request) : unread(), args_.patience);
      stls::result<void> done;
      if (request) {
        done = co_await answer(x);
      } else {
        done = co_await x.send(http::reply(request.error().status()));
      }
      if (args_.log) log(x, peer ? peer->text() : "-");
      if (!done) co_return done;
      if (!x.persists()) co_return done;
    }
  }

  // unread stands for a request that was not understood: nothing can follow it.
  static http::request unread() {
    http::request none;
    none.persistent = false;
    return none;
  }

  stls::task<> answer(exchange& x) {
    static constexpr std::array<std::string_view, 6> others = {"POST",  "PUT",   "DELETE",
                                                               "PATCH", "TRACE", "CONNECT"};
    const std::string& method = x.request().method;
    const std::string& path = x.request().path;
    if (args_.chat && path == "/chat") co_return co_await chat_.answer_words(x);
    if (args_.chat && path == "/chat/events") co_return co_await chat_.answer_events(x);
    if (method == "OPTIONS") {
      http::reply r(204);
      r.with("Allow", files_.methods());
      co_return co_await x.send(std::move(r));
    }
    if (!x.reads() && std::find(others.begin(), others.end(), method) == others.end())
      co_return co_await x.send(http::reply(501));
    co_return co_await files_.answer(x);
  }

  static void log(const exchange& x, const std::string& peer) {
    // What the reader took has no byte that could forge a line.
    const http::request& r = x.request();
    std::printf("%s \"%s %s\" %d %llu\n", peer.c_str(), r.method.c_str(), r.path.c_str(), x.status(),
                static_cast<unsigned long long>(x.sent()));
    std::fflush(stdout);
  }

  https_arguments args_;
  file_site files_;
  chat_room chat_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    return web_server(parse_https_arguments(argc, argv)).run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "https_file_server: %s\n", e.what());
    return 1;
  }
}
