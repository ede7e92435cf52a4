// What came from a peer and was not read yet.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

// receive_buffer takes bytes at its end and gives them at its beginning. Its memory is not zeroed, since
// something is received into it before anybody looks, and where nothing is in it it can do without any.
class receive_buffer {
 public:
  [[nodiscard]] std::string_view unread() const noexcept { return {memory_.get() + read_, end_ - read_}; }
  void consume(std::size_t bytes) noexcept { read_ += bytes; }

  // room gives the place behind what is unread, for so many bytes at least; take says how many were put
  // there. What unread gave before is not valid any more.
  [[nodiscard]] std::span<std::byte> room(std::size_t bytes) {
    const std::string_view rest = unread();
    if (size_ - rest.size() < bytes) {
      auto larger = std::make_unique_for_overwrite<char[]>(rest.size() + bytes);
      if (!rest.empty()) std::memcpy(larger.get(), rest.data(), rest.size());
      size_ = rest.size() + bytes;
      end_ = rest.size();
      memory_ = std::move(larger);
    } else {
      if (read_ > 0 && !rest.empty()) std::memmove(memory_.get(), rest.data(), rest.size());
      end_ = rest.size();
    }
    read_ = 0;
    return std::as_writable_bytes(std::span(memory_.get() + end_, size_ - end_));
  }
  void take(std::size_t bytes) noexcept { end_ += bytes; }

  // release gives the memory back, with what is in it.
  void release() noexcept {
    memory_.reset();
    size_ = read_ = end_ = 0;
  }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t read_ = 0;
  std::size_t end_ = 0;
};
