#include "sock/out_buffer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

STLS_NAMESPACE_BEGIN

// What a thread keeps: enough for connections that take turns, little beside what they weigh.
class out_buffer::spare {
 public:
  static spare& here() noexcept {
    thread_local spare all;
    return all;
  }
  memory take() {
    if (count_ != 0) return std::move(kept_[--count_]);
    return std::make_unique_for_overwrite<std::byte[]>(usual);  // NOLINT(modernize-avoid-c-arrays)
  }
  void put(memory m) noexcept {
    if (count_ < kept_.size()) kept_[count_++] = std::move(m);
  }

 private:
  std::array<memory, 4> kept_;
  std::size_t count_ = 0;
};

void out_buffer::append(std::span<const std::byte> more) {
  if (capacity_ - end_ < more.size()) make_room(more.size());
  std::memcpy(memory_.get() + end_, more.data(), more.size());
  end_ += more.size();
}

void out_buffer::make_room(std::size_t more) {
  if (!memory_ && more <= usual) {
    memory_ = spare::here().take();
    capacity_ = usual;
    return;
  }
  if (capacity_ - size() >= more) {
    std::memmove(memory_.get(), memory_.get() + begin_, size());
  } else {
    const std::size_t larger = std::max(2 * capacity_, size() + more);
    auto grown = std::make_unique_for_overwrite<std::byte[]>(larger);  // NOLINT(modernize-avoid-c-arrays)
    if (memory_) std::memcpy(grown.get(), memory_.get() + begin_, size());
    memory_ = std::move(grown);
    capacity_ = larger;
  }
  end_ -= std::exchange(begin_, 0);
}

void out_buffer::consume(std::size_t n) noexcept {
  begin_ += n;
  if (empty()) release();
}

void out_buffer::release() noexcept {
  if (capacity_ == usual) spare::here().put(std::move(memory_));
  memory_.reset();
  capacity_ = begin_ = end_ = 0;
}

STLS_NAMESPACE_END
