// fd: a transport over file descriptors.
#pragma once

#include <stls/export.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <span>

STLS_NAMESPACE_BEGIN

// fd reads and writes descriptors that it does not own: sockets, pipes, terminals; blocking or non-blocking.
// On a blocking descriptor it never answers a want; on a non-blocking one wait with poll(2) for what was
// wanted.
//
// It never raises SIGPIPE, on a pipe neither: a reader that is gone is an error with errno EPIPE. An
// interrupted system call is repeated.
class STLS_EXPORT fd {
 public:
  explicit fd(int both) noexcept : fd(both, both) {}
  fd(int read_from, int write_to) noexcept;

  [[nodiscard]] int read_fd() const noexcept { return read_; }
  [[nodiscard]] int write_fd() const noexcept { return write_; }

  // The transport's side.
  io_result read(std::span<std::byte> into) noexcept;
  io_result write(std::span<const std::byte> from) noexcept;

 private:
  int read_;
  int write_;
  bool write_is_socket_;
};

STLS_NAMESPACE_END
