// The outer seam: how stls moves bytes. The application brings the I/O as two callbacks.
#pragma once

#include <stls/export.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

STLS_NAMESPACE_BEGIN

// io_status is the outcome of one attempt to move bytes. A want is not an error: it asks the caller to wait
// until the transport can be read (written), and to repeat the call.
enum class io_status : std::uint8_t { ok, eof, want_read, want_write, error };

// io_result is what callbacks give to stls and what a connection's verbs give to the application.
// bytes is meaningful with ok only, and zero otherwise.
struct [[nodiscard]] io_result {
  std::size_t bytes = 0;
  io_status status = io_status::ok;

  [[nodiscard]] bool ok() const noexcept { return status == io_status::ok; }
  [[nodiscard]] bool wants() const noexcept {
    return status == io_status::want_read || status == io_status::want_write;
  }
  friend bool operator==(const io_result&, const io_result&) noexcept = default;
};

// An object with these two functions can be a transport.
template <class T>
concept byte_transport = requires(T& object, std::span<std::byte> into, std::span<const std::byte> from) {
  { object.read(into) } -> std::same_as<io_result>;
  { object.write(from) } -> std::same_as<io_result>;
};

// transport is a non-owning pair of callbacks over user-provided I/O. `self` is handed to both and never
// looked at: it may be a null pointer or an integer.
//
// What a callback returns:
//   {n, ok}          n bytes were moved, 1 <= n <= the size offered; short counts are normal
//   {0, want_read}   nothing can be moved now; stls returns the same want to its caller
//   {0, want_write}
//   {0, eof}         read only: the peer will send no more
//   {0, error}       the transport is broken. errno, if the callback left it set, goes into error::native and
//                    into the sentence
// Anything else (more than was offered, zero bytes with ok, bytes together with a want) is an errc::transport
// error that says so.
//
// After a want the same callback is offered the same pointer again, with no smaller size, and the memory
// stays valid until then: a callback may keep the pointer, let the bytes arrive there, and return ok on the
// retry.
//
// A callback must not throw, and must not call into the connection that called it: that is errc::busy.
struct transport {
  io_result (*read)(void* self, std::span<std::byte> into) noexcept = nullptr;
  io_result (*write)(void* self, std::span<const std::byte> from) noexcept = nullptr;
  void* self = nullptr;

  // from makes a transport of any object with read() and write(), which must outlive every connection that
  // uses it and must not move. An exception that leaves them becomes io_status::error.
  template <byte_transport T>
  [[nodiscard]] static transport from(T& object) noexcept {
    return {.read = [](void* it, std::span<std::byte> into) noexcept -> io_result {
              try {
                return static_cast<T*>(it)->read(into);
              } catch (...) {
                return {0, io_status::error};
              }
            },
            .write = [](void* it, std::span<const std::byte> from) noexcept -> io_result {
              try {
                return static_cast<T*>(it)->write(from);
              } catch (...) {
                return {0, io_status::error};
              }
            },
            .self = &object};
  }
  template <byte_transport T>
  static transport from(const T&& temporary) = delete;
};

STLS_NAMESPACE_END
