// out_buffer: bytes on their way to a socket.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <memory>
#include <span>

STLS_NAMESPACE_BEGIN

// out_buffer takes records and gives them to one system call. It has memory only while there is something in
// it; what it gives back is kept for the next one that needs it on the same thread.
class out_buffer {
 public:
  // Fill it up to `batch`, then send: more per system call brings nothing. It holds more all the same.
  static constexpr std::size_t batch = std::size_t{256} * 1024;

  out_buffer() noexcept = default;
  out_buffer(const out_buffer&) = delete;
  out_buffer& operator=(const out_buffer&) = delete;
  ~out_buffer() { release(); }

  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {memory_.get() + begin_, end_ - begin_};
  }
  void append(std::span<const std::byte> more);  // throws std::bad_alloc, and then nothing was appended
  void consume(std::size_t n) noexcept;
  void clear() noexcept { consume(size()); }

 private:
  using memory = std::unique_ptr<std::byte[]>;  // NOLINT(modernize-avoid-c-arrays): not zeroed first
  // A batch, and the record that made it full.
  static constexpr std::size_t usual = batch + std::size_t{32} * 1024;
  class spare;

  void make_room(std::size_t more);
  void release() noexcept;

  memory memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

STLS_NAMESPACE_END
