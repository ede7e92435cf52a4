// HTTP messages from a TLS connection: heads, and bodies piece by piece.
#pragma once

#include <cstddef>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "http_body.hpp"
#include "http_message.hpp"
#include "http_reader.hpp"

// message_stream holds what came and was not read yet, so that messages may follow each other without a pause
// (pipelining). It must not outlive the socket.
class message_stream {
 public:
  explicit message_stream(stls::stcp& s) noexcept : s_(s) {}

  // wait waits for the first byte of a message; false: the peer has said all.
  stls::task<bool> wait(stls::expires e) {
    if (!unread().empty()) co_return true;
    const auto n = co_await more(e);
    if (!n) co_return tl::unexpected(n.error());
    co_return *n > 0;
  }

  // head gives a whole head, as read_request and read_response want it. Its deadline is that of all of it.
  stls::task<http::reading<std::string>> head(stls::expires e) {
    http::head_finder finder;
    for (;;) {
      const auto size = finder.find(unread());
      if (!size) co_return http::reading<std::string>(tl::unexpected(size.error()));
      if (*size > 0) {
        std::string text(unread().substr(0, *size));
        read_ += *size;
        co_return http::reading<std::string>(std::move(text));
      }
      const auto n = co_await more(e);
      if (!n) co_return tl::unexpected(n.error());
      if (*n == 0)
        co_return tl::unexpected(stls::error(stls::errc::eof, "the stream ended inside of a head"));
    }
  }

  // begin says where the body ends that follows.
  void begin(const http::framing& how) { body_ = http::body_reader(how); }
  // body gives the next piece, which is valid until the next call; empty: that was all.
  stls::task<http::reading<std::string_view>> body(stls::expires e) {
    while (!body_.done()) {
      const auto piece = body_.next(unread());
      if (!piece) co_return http::reading<std::string_view>(tl::unexpected(piece.error()));
      read_ += piece->read;
      if (!piece->data.empty()) co_return http::reading<std::string_view>(piece->data);
      if (body_.done()) break;
      const auto n = co_await more(e);
      if (!n) co_return tl::unexpected(n.error());
      if (*n > 0) continue;
      if (body_.may_end()) break;
      co_return tl::unexpected(stls::error(stls::errc::eof, "the stream ended inside of a body"));
    }
    co_return http::reading<std::string_view>(std::string_view());
  }
  // done says whether the next message stands where this one ended.
  [[nodiscard]] bool done() const noexcept { return body_.done(); }

 private:
  static constexpr std::size_t portion = 16384;  // a record of TLS

  [[nodiscard]] std::string_view unread() const noexcept { return std::string_view(in_).substr(read_); }

  stls::task<std::size_t> more(stls::expires e) {
    in_.erase(0, read_);
    read_ = 0;
    const std::size_t had = in_.size();
    in_.resize(had + portion);
    auto n = co_await s_.recv(std::as_writable_bytes(std::span(in_).subspan(had)), e);
    in_.resize(had + n.value_or(0));
    co_return n;
  }

  stls::stcp& s_;
  std::string in_;
  std::size_t read_ = 0;
  http::body_reader body_;
};
