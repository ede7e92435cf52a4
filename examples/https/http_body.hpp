// The body of an HTTP/1.1 message, piece by piece as it comes (RFC 9112 sections 6 and 7). It does no I/O.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http_message.hpp"

namespace http {

// body_reader finds the body in the bytes behind a head.
class body_reader {
 public:
  body_reader() noexcept = default;  // there is none
  explicit body_reader(framing how) noexcept
      : how_(how.how()),
        left_(how.length()),
        at_(how.how() == framing::kind::chunked ? place::size : (how.empty() ? place::end : place::data)) {}

  [[nodiscard]] bool done() const noexcept { return at_ == place::end; }
  // may_end says whether the end of the stream is the end of the body now.
  [[nodiscard]] bool may_end() const noexcept { return done() || how_ == framing::kind::until_end; }

  // piece is a part of the body, inside the bytes that were given, and how many of these were read.
  struct piece {
    std::size_t read = 0;
    std::string_view data;
  };
  // next takes as many bytes as lead to the next piece; it has no data if more must come.
  [[nodiscard]] reading<piece> next(std::string_view in) {
    std::size_t read = 0;
    while (read < in.size() && at_ != place::end) {
      if (at_ == place::data) return take_data(in, read);
      if (const char* why = step(in[read++]); why != nullptr) return refuse(400, why);
    }
    return piece{read, {}};
  }

 private:
  // Where in a chunked body the next byte stands. A line of the trailer is read and forgotten.
  enum class place : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_line,
    trailer_lf,
    last_lf,
    end
  };
  // Extensions and trailers are of no use to anybody, so that few bytes of them are enough.
  static constexpr std::size_t most_overhead = 8192;

  piece take_data(std::string_view in, std::size_t read) {
    std::string_view data = in.substr(read);
    if (how_ != framing::kind::until_end) {
      data = data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), left_)));
      left_ -= data.size();
      if (left_ == 0) at_ = how_ == framing::kind::chunked ? place::data_cr : place::end;
    }
    return {read + data.size(), data};
  }

  // step takes a byte that is not of the data. It says why not.
  const char* step(char c) {
    switch (at_) {
      case place::size:
        return take_size(c);
      case place::extension:
        if (c == '\r') return go(place::size_lf);
        return overhead(c);
      case place::size_lf:
        has_size_ = false;
        if (c != '\n') return "a chunk's first line does not end with CRLF";
        return go(left_ == 0 ? place::trailer : place::data);
      case place::data_cr:
        return c == '\r' ? go(place::data_lf) : "a chunk is longer than it says";
      case place::data_lf:
        return c == '\n' ? go(place::size) : "a chunk is longer than it says";
      case place::trailer:
        if (c == '\r') return go(place::last_lf);
        at_ = place::trailer_line;
        return overhead(c);
      case place::trailer_line:
        if (c == '\r') return go(place::trailer_lf);
        return overhead(c);
      case place::trailer_lf:
        return c == '\n' ? go(place::trailer) : "a line of the trailer does not end with CRLF";
      case place::last_lf:
        return c == '\n' ? go(place::end) : "the body does not end with CRLF";
      case place::data:
      case place::end:
        break;
    }
    return nullptr;
  }

  const char* take_size(char c) {
    const char small = lower(c);
    const bool digit = small >= '0' && small <= '9';
    if (digit || (small >= 'a' && small <= 'f')) {
      if (left_ >> 60U != 0) return "a chunk is too long";
      left_ = left_ << 4U | static_cast<unsigned>(digit ? small - '0' : small - 'a' + 10);
      has_size_ = true;
      // Zeros before it would let one chunk be as long as one likes.
      return left_ == 0 ? overhead(c) : nullptr;
    }
    if (!has_size_) return "a chunk has no size";
    if (c == '\r') return go(place::size_lf);
    return c == ';' ? go(place::extension) : "the size of a chunk is no number";
  }

  const char* overhead(char c) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f)
      return "a control character is between the chunks";
    return ++overhead_ > most_overhead ? "there is too much between the chunks" : nullptr;
  }
  const char* go(place next) noexcept {
    at_ = next;
    return nullptr;
  }

  framing::kind how_ = framing::kind::length;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::size_t overhead_ = 0;
  bool has_size_ = false;
  place at_ = place::end;
};

}  // namespace http
