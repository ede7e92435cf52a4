// A conversation in a browser: server-sent events (WHATWG HTML section 9.2) one way, POST the other way.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "../printable.hpp"
#include "exchange.hpp"
#include "http_reply.hpp"

// chat_room remembers the last lines, once for all who listen. Each of these has a place among them and no
// queue of its own, so that it costs nothing to be slow; who falls behind them all loses the connection, and
// a browser comes back and says what it had heard last.
class chat_room {
 public:
  // answer_events is GET /chat/events.
  stls::task<> answer_events(exchange& x) {
    using namespace asio::experimental::awaitable_operators;
    if (x.request().method != "GET" || x.request().minor == 0) {
      http::reply no(405);
      no.with("Allow", "GET");
      co_return co_await x.send(std::move(no));
    }
    listener me(*this, x);
    http::reply r(200);
    r.with("Content-Type", "text/event-stream").with("Cache-Control", "no-store");
    if (auto begun = co_await x.begin(std::move(r)); !begun) co_return begun;
    // Who goes away says so by the end of its stream, which nobody would see while nothing is sent.
    auto ended = co_await (me.tell() || me.hear());
    if (ended.index() == 1) co_return std::get<1>(ended);
    if (auto& told = std::get<0>(ended); !told) co_return told;
    co_return co_await x.end();
  }

  // answer_words is POST /chat: a line of text.
  stls::task<> answer_words(exchange& x) {
    const int code = judge(x.request());
    if (code != 0) {
      http::reply no(code);
      if (code == 405) no.with("Allow", "POST");
      co_return co_await x.send(std::move(no));
    }
    std::string line;
    for (;;) {
      const auto piece = co_await x.body();
      if (!piece) co_return tl::unexpected(piece.error());
      if (!*piece) co_return co_await x.send(http::reply(piece->error().status()));
      if ((*piece)->empty()) break;
      line += **piece;
      if (line.size() > longest_line) co_return co_await x.send(http::reply(413));
    }
    say(std::move(line));
    co_return co_await x.send(http::reply(204));
  }

  // close ends the events of all who listen.
  void close() {
    closed_ = true;
    wake();
  }

 private:
  static constexpr std::size_t longest_line = 1000;
  static constexpr std::size_t most_lines = 100;
  static constexpr std::chrono::seconds heartbeat{15};  // shorter than what proxies on the way wait

  // listener is somebody who listens.
  class listener {
   public:
    listener(chat_room& in, exchange& x) : in_(in), x_(x), woken_(x.socket().get_executor()) {
      // Who comes hears what was said last, and a browser that comes back only what it has not heard.
      next_ = in_.first_;
      if (const std::string* const id = x.request().header.find("last-event-id"); id != nullptr) {
        std::uint64_t heard = 0;
        const auto [end, failure] = std::from_chars(id->data(), id->data() + id->size(), heard);
        const bool known = failure == std::errc() && end == id->data() + id->size() && heard >= in_.first_ &&
                           heard < in_.first_ + in_.lines_.size();
        if (known) next_ = heard + 1;
      }
      in_.listeners_.insert(this);
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() { in_.listeners_.erase(this); }

    stls::task<> tell() {
      std::string text = ": welcome\n\n";  // its head was flushed with this: it listens
      while (!in_.closed_) {
        if (!text.empty()) {
          if (auto sent = co_await x_.part(text); !sent) co_return sent;
          text.clear();
        }
        if (next_ < in_.first_)
          co_return tl::unexpected(stls::error(stls::errc::timed_out, "it reads too slowly"));
        const std::uint64_t end = in_.first_ + in_.lines_.size();
        for (; next_ < end; ++next_) {
          text += "id: " + std::to_string(next_) + "\ndata: ";
          text += in_.lines_[static_cast<std::size_t>(next_ - in_.first_)] + "\n\n";
        }
        if (!text.empty()) continue;
        woken_.expires_after(heartbeat);
        std::error_code woken;
        co_await woken_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!woken) text = ":\n\n";
      }
      co_return stls::result<void>();
    }

    // hear waits for the end of the client's stream. Nothing else can be meant by what it says now.
    stls::task<> hear() {
      std::array<std::byte, 1> byte{};
      const auto n = co_await x_.socket().recv(byte, stls::expires::never);
      if (!n && n.error() != stls::errc::truncated) co_return tl::unexpected(n.error());
      co_return stls::result<void>();
    }

    void wake() { woken_.cancel(); }

   private:
    chat_room& in_;
    exchange& x_;
    asio::steady_timer woken_;
    std::uint64_t next_ = 0;
  };

  // Another site can have a browser post here, but not under our name, and not without the browser's saying
  // so.
  static int judge(const http::request& r) {
    if (r.method != "POST") return 405;
    if (const std::string* const from = r.header.find("origin");
        from != nullptr && *from != "https://" + r.host)
      return 403;
    const std::string* const type = r.header.find("content-type");
    if (type == nullptr || !http::lower(*type).starts_with("text/plain")) return 415;
    return r.body.length() > longest_line ? 413 : 0;
  }

  void say(std::string line) {
    lines_.push_back(printable(std::move(line)));
    if (lines_.size() > most_lines) {
      lines_.pop_front();
      ++first_;
    }
    wake();
  }
  void wake() {
    for (listener* l : listeners_) l->wake();
  }

  std::deque<std::string> lines_;
  // The number of the first of them. It begins with the time, in microseconds, so that no number comes again
  // after a restart: a browser that comes back would not be told what it has not heard.
  std::uint64_t first_ = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  std::set<listener*> listeners_;
  bool closed_ = false;
};
