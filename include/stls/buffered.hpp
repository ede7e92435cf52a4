// buffered: a transport in memory, for those who move the bytes themselves.
#pragma once

#include <stls/export.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

// buffered holds what arrived from the peer until the connection reads it, and what the connection wrote
// until it is sent. Feed what arrives, drain what shall be sent:
//
//   stls::buffered wire;
//   auto conn = cl->connect("example.org", stls::transport::from(wire));
//   while (conn->handshake().wants()) {
//     write_somewhere(wire.output());  wire.drain(wire.output().size());
//     wire.feed(read_somewhere());
//   }
//
// It never throws but for bad_alloc, in feed.
class STLS_EXPORT buffered {
 public:
  // `limit` bounds the output held: over it writing is want_write. Default: 1 MiB.
  explicit buffered(std::size_t limit = std::size_t{1} << 20) noexcept : limit_(limit) {}

  void feed(std::span<const std::byte> arrived);                     // bytes from the peer, copied
  void feed_eof() noexcept;                                          // the peer will send no more
  [[nodiscard]] std::span<const std::byte> output() const noexcept;  // valid until the next call of anything
  void drain(std::size_t n) noexcept;  // forgets the first n bytes of output; more than all is all
  [[nodiscard]] std::size_t unread() const noexcept;  // bytes fed and not yet read by the connection

  // The transport's side.
  io_result read(std::span<std::byte> into) noexcept;
  io_result write(std::span<const std::byte> from) noexcept;

 private:
  // A queue of bytes: what lies before `head` is gone.
  struct queue {
    std::vector<std::byte> bytes;
    std::size_t head = 0;
    [[nodiscard]] std::span<const std::byte> left() const noexcept;
    void append(std::span<const std::byte>);
    void drop(std::size_t n) noexcept;
  };

  queue in_;
  queue out_;
  std::size_t limit_;
  bool eof_ = false;
};

STLS_NAMESPACE_END
