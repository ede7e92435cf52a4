// loop_socket: a non-blocking stream socket that a loop of Asio knows.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <span>

STLS_NAMESPACE_BEGIN

// What a wait on a socket is for.
enum class readiness : unsigned char { to_read, to_write };

// loop_socket tries, and never waits: waiting is readiness.hpp's.
//
// After a try that found nothing it remembers so, and asks the system again only after a wait. Where the
// system tells how much is left after a receive (Linux's TCP_INQ), one that took all of it counts as having
// found nothing already: that saves a system call, and unlike a short count it never hides the end of the
// stream, for which there is no second wake-up. It does hide a reset that came together with the data. A send
// that succeeds after that shows that there was none; else one more try does, before a wait.
class loop_socket {
 public:
  explicit loop_socket(const asio::any_io_executor& ex) : socket_(ex) {}

  // open makes a socket of an address family.
  result<void> open(int family);
  // adopt takes a descriptor over, whatever it is. On an error it is still the caller's.
  result<void> adopt(int descriptor);
  // take does so with a stream socket of that family which is non-blocking already.
  result<void> take(int descriptor, int family);
  // connect begins to, and connected asks how that went. Both give 0, EINPROGRESS, or why not.
  int connect(const sockaddr* to, socklen_t size) noexcept;
  int connected() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
  [[nodiscard]] int descriptor() noexcept { return is_open() ? socket_.native_handle() : -1; }
  // close ends every wait.
  void close() noexcept;

  // Like the callbacks of a transport; after an error errno says what it was.
  io_result try_read(std::span<std::byte> into) noexcept;
  io_result try_write(std::span<const std::byte> from) noexcept;
  // look_again is asked before a wait to read. true: what the last receive told may not be all, so try again.
  [[nodiscard]] bool look_again() noexcept {
    const bool again = drained_ && unproven_;
    if (again) drained_ = unproven_ = false;
    return again;
  }
  // A wait is over: ask the system again.
  void woken(readiness what) noexcept {
    if (what == readiness::to_read) drained_ = false;
  }

  // The socket with the place in the loop that is its own.
  class registered : public asio::generic::stream_protocol::socket {
   public:
    using asio::generic::stream_protocol::socket::socket;
    auto& place() { return this->impl_.get_implementation(); }
  };
  registered& in_loop() noexcept { return socket_; }
  [[nodiscard]] asio::any_io_executor executor() noexcept { return socket_.get_executor(); }

 private:
  registered socket_;
  bool tells_rest_ = false;  // TCP_INQ is there
  bool drained_ = false;
  bool unproven_ = false;  // drained_, but the system was not asked
};

STLS_NAMESPACE_END
