// memory_pair: two ends of a wire in memory.
#pragma once

#include "support/bytes.hpp"

#include <stls/io.hpp>

#include <cstddef>
#include <span>

namespace stls::test {

// traffic counts what passed one end in one direction.
struct traffic {
  std::size_t calls = 0;
  std::size_t bytes = 0;
  std::size_t wants = 0;
};

// pipe is one direction of a wire. It allocates once, so that a callback that uses it never does.
class pipe {
 public:
  explicit pipe(std::size_t capacity) : ring_(capacity) {}

  std::size_t take(std::span<std::byte> into) noexcept;
  std::size_t put(std::span<const std::byte> from) noexcept;
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  [[nodiscard]] std::size_t space() const noexcept { return ring_.size() - held_; }

  bool ended = false;      // the writer will write no more
  bool abandoned = false;  // the reader will read no more
  bool tapped = false;     // keeps a copy of all that is put, in `tape`
  bytes tape;

 private:
  bytes ring_;
  std::size_t head_ = 0;
  std::size_t held_ = 0;
};

// pipe_end is one end of a wire, for transport::from. Reading an empty wire is want_read, writing a full one
// want_write; after the other end finished, reading is eof; after it closed, writing is an error with EPIPE.
class pipe_end {
 public:
  pipe_end(pipe& in, pipe& out) noexcept : in_(&in), out_(&out) {}
  pipe_end(const pipe_end&) = delete;
  pipe_end& operator=(const pipe_end&) = delete;

  io_result read(std::span<std::byte> into) noexcept;
  io_result write(std::span<const std::byte> from) noexcept;

  void finish() noexcept { out_->ended = true; }  // as shutdown(2) for writing: no close_notify
  void close() noexcept;                          // as close(2)

  // inject puts bytes on the wire as if this end had written them; all must fit.
  void inject(std::span<const std::byte> raw);
  // arrived takes all that is there to be read.
  bytes arrived();
  [[nodiscard]] std::size_t unread() const noexcept { return in_->held(); }

  void tap() noexcept { out_->tapped = true; }  // from now on keeps what this end writes
  [[nodiscard]] const bytes& sent() const noexcept { return out_->tape; }  // what it wrote since

  [[nodiscard]] const traffic& reads() const noexcept { return reads_; }
  [[nodiscard]] const traffic& writes() const noexcept { return writes_; }

 private:
  pipe* in_;
  pipe* out_;
  traffic reads_;
  traffic writes_;
};

class memory_pair {
 public:
  explicit memory_pair(std::size_t capacity = std::size_t{64} << 10)
      : to_server_(capacity),
        to_client_(capacity),
        client(to_client_, to_server_),
        server(to_server_, to_client_) {}

 private:
  pipe to_server_;
  pipe to_client_;

 public:
  pipe_end client;
  pipe_end server;
};

}  // namespace stls::test
