// HTTP messages from a TLS connection: heads, and bodies piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "http_body.hpp"
#include "http_message.hpp"
#include "http_reader.hpp"
#include "receive_buffer.hpp"

// message_stream holds what came and was not read yet, so that messages may follow each other without a pause
// (pipelining). It must not outlive the socket.
class message_stream {
 public:
  explicit message_stream(stls::stcp& s) noexcept : s_(s) {}

  // wait waits for the first byte of a message; false: the peer has said all.
  stls::task<bool> wait(stls::expires e) {
    if (!in_.unread().empty()) co_return true;
    in_.release();  // most clients are here, most of the time
    std::array<std::byte, 1> first{};
    const auto n = co_await s_.recv(first, e);
    if (!n) co_return tl::unexpected(n.error());
    if (*n == 0) co_return false;
    in_.room(first.size() + head_portion)[0] = first[0];
    in_.take(first.size());
    co_return true;
  }

  // head gives a whole head, as read_request and read_response want it. Its deadline is that of all of it.
  stls::task<http::reading<std::string>> head(stls::expires e) {
    http::head_finder finder;
    for (;;) {
      const auto size = finder.find(in_.unread());
      if (!size) co_return http::reading<std::string>(tl::unexpected(size.error()));
      if (*size > 0) {
        std::string text(in_.unread().substr(0, *size));
        in_.consume(*size);
        co_return http::reading<std::string>(std::move(text));
      }
      const auto n = co_await more(head_portion, e);
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
      const auto piece = body_.next(in_.unread());
      if (!piece) co_return http::reading<std::string_view>(tl::unexpected(piece.error()));
      in_.consume(piece->read);
      if (!piece->data.empty()) co_return http::reading<std::string_view>(piece->data);
      if (body_.done()) break;
      const auto n = co_await more(body_portion, e);
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
  static constexpr std::size_t head_portion = 4096;
  // Four records of TLS: with that much room a socket takes them with one call of the system.
  static constexpr std::size_t body_portion = 65536;

  stls::task<std::size_t> more(std::size_t portion, stls::expires e) {
    auto n = co_await s_.recv(in_.room(portion), e);
    in_.take(n.value_or(0));
    co_return n;
  }

  stls::stcp& s_;
  receive_buffer in_;
  http::body_reader body_;
};
