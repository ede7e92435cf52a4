// One request and the answer to it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "../descriptor.hpp"
#include "draining_server.hpp"
#include "http_date.hpp"
#include "http_message.hpp"
#include "http_reply.hpp"
#include "message_stream.hpp"

// patience_limits say how long a client may take.
struct patience_limits {
  std::chrono::seconds idle{60};  // until the next request begins
  std::chrono::seconds head{10};  // from its first byte to the end of its head, however slowly that comes
  std::chrono::seconds step{60};  // for each piece of a body that it sends, or takes
};

// exchange is what a request handler works with. It answers once, by send, send_file, or begin and what
// follows it.
class exchange {
 public:
  exchange(draining_server::client& client, message_stream& in, http::request r,
           const patience_limits& patience)
      : request_(std::move(r)), client_(client), in_(in), patience_(patience) {
    in_.begin(request_.body);
  }

  [[nodiscard]] const http::request& request() const noexcept { return request_; }
  [[nodiscard]] stls::stcp& socket() noexcept { return client_.socket(); }
  [[nodiscard]] bool reads() const noexcept { return request_.method == "GET" || request_.method == "HEAD"; }
  // persists says whether another request can follow. A body that nobody read is in its way.
  [[nodiscard]] bool persists() const noexcept {
    return request_.persistent && !client_.draining() && !broken_ && ended_ && in_.done();
  }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }  // bytes of the body

  // body gives the next piece of the request's body; empty: that was all. A client that waits for a word to
  // send it gets that first.
  stls::task<http::reading<std::string_view>> body() {
    if (std::exchange(request_.expects_continue, false)) {
      auto told = co_await send_text("HTTP/1.1 100 Continue\r\n\r\n");
      if (!told) co_return tl::unexpected(told.error());
    }
    auto piece = co_await in_.body(patience_.step);
    if (piece && !*piece) broken_ = true;  // where it ends is not known any more
    co_return piece;
  }

  // send sends a whole answer.
  stls::task<> send(http::reply r) {
    std::string text = head(r, r.text().size());
    if (request_.method != "HEAD") {
      text += r.text();
      sent_ = r.text().size();
    }
    co_return co_await send_text(text);
  }

  // send_file sends so many bytes of a file from there on, with little memory however many they are. Where
  // they cannot be read, e.g. since the file became shorter, or are not those of the file any more that was
  // looked at, it fails, and the connection must break: the client knows from the length, and from the
  // missing close_notify, that this was not all.
  stls::task<> send_file(http::reply r, const descriptor& file, const struct stat& looked_at,
                         std::uint64_t from, std::uint64_t size) {
    const std::string first = head(r, size);
    if (request_.method == "HEAD") co_return co_await send_text(first);
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, portion));
    const auto out = std::make_unique_for_overwrite<char[]>(first.size() + most);
    std::memcpy(out.get(), first.data(), first.size());
    std::size_t filled = first.size();
    for (;;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - sent_, portion));
      // Reading a file blocks; what it takes is memory that the system has at hand, mostly.
      const ssize_t got = ::pread(file.get(), out.get() + filled, wanted, static_cast<off_t>(from + sent_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 || (got == 0 && wanted > 0))
        co_return tl::unexpected(stls::error(stls::errc::truncated, "a file could not be read to its end"));
      filled += static_cast<std::size_t>(got);
      const bool last = sent_ + static_cast<std::uint64_t>(got) == size;
      // Whoever writes into a file, and does not put another one into its place, makes a mixture of two.
      if (last && has_changed(file, looked_at))
        co_return tl::unexpected(stls::error(stls::errc::truncated, "a file changed while it was sent"));
      auto done = co_await send_text({out.get(), filled});
      if (!done) co_return done;
      sent_ += static_cast<std::uint64_t>(got);
      if (last) co_return done;
      filled = 0;
    }
  }

  // begin, part and end send an answer whose length nobody knows yet, to a client that speaks HTTP/1.1.
  stls::task<> begin(http::reply r) {
    const std::string text = head(r, unknown);
    ended_ = false;
    co_return co_await send_text(text);
  }
  stls::task<> part(std::string_view text) {
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    std::string out = size.data();
    out.append(text).append("\r\n");
    sent_ += text.size();
    co_return co_await send_text(out);
  }
  stls::task<> end() {
    ended_ = true;
    co_return co_await send_text("0\r\n\r\n");
  }

 private:
  static constexpr std::uint64_t unknown = UINT64_MAX;
  static constexpr std::size_t portion = 65536;

  // has_changed does not ask for the ctime: also a file that gave its name to the next one has another one.
  static bool has_changed(const descriptor& file, const struct stat& looked_at) {
    struct stat now {};
    return ::fstat(file.get(), &now) != 0 || now.st_size != looked_at.st_size ||
           now.st_mtim.tv_sec != looked_at.st_mtim.tv_sec || now.st_mtim.tv_nsec != looked_at.st_mtim.tv_nsec;
  }

  [[nodiscard]] std::string head(const http::reply& r, std::uint64_t size) {
    status_ = r.status();
    std::string text = "HTTP/1.1 " + std::to_string(r.status()) + ' ' + std::string(http::reason(r.status()));
    text += "\r\nDate: " +
            http::date_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    text += "\r\n" + r.lines();
    // Browsers shall not guess types, or let other sites frame or use what is here.
    text +=
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "Referrer-Policy: no-referrer\r\n";
    // Nor come back without TLS. That holds for all servers of a host, so that it is not said of one's own
    // machine, nor where the host is not known.
    if (const std::string name = http::host_name(request_.host); !name.empty() && name != "localhost")
      text += "Strict-Transport-Security: max-age=31536000\r\n";
    if (size == unknown) {
      text += "Transfer-Encoding: chunked\r\n";
    } else if (r.status() != 204 && r.status() != 304) {
      text += "Content-Length: " + std::to_string(size) + "\r\n";
    }
    // It is said now whether the connection goes on, and so it must stay.
    if (!persists()) {
      broken_ = true;
      text += "Connection: close\r\n";
    } else if (request_.minor == 0) {
      text += "Connection: keep-alive\r\n";
    }
    return text + "\r\n";
  }

  stls::task<> send_text(std::string_view text) {
    co_return co_await client_.socket().send(std::as_bytes(std::span(text)), patience_.step);
  }

  http::request request_;
  draining_server::client& client_;
  message_stream& in_;
  const patience_limits& patience_;
  int status_ = 0;
  std::uint64_t sent_ = 0;
  bool ended_ = true;    // the answer is
  bool broken_ = false;  // nothing can follow
};
