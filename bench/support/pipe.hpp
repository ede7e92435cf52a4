// pipe: what lies between client and server in the benchmarks in memory, the same for every peer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace bench {

// pipe is one direction: a contiguous queue of bytes of fixed size. Going through it is one copy a side, as
// through a socket.
class pipe {
 public:
  // read and write move what they can; 0: the pipe is empty, or full.
  std::size_t read(std::span<std::byte> into) noexcept {
    const std::size_t n = std::min(into.size(), tail_ - head_);
    std::memcpy(into.data(), bytes_.data() + head_, n);
    head_ += n;
    if (empty()) clear();
    return n;
  }
  std::size_t write(std::span<const std::byte> from) noexcept {
    const std::size_t n = std::min(from.size(), bytes_.size() - tail_);
    std::memcpy(bytes_.data() + tail_, from.data(), n);
    tail_ += n;
    return n;
  }

  [[nodiscard]] bool empty() const noexcept { return head_ == tail_; }
  void clear() noexcept { head_ = tail_ = 0; }

 private:
  std::array<std::byte, std::size_t{128} * 1024> bytes_{};
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

// link is both directions.
struct link {
  pipe to_server;
  pipe to_client;

  void clear() noexcept {
    to_server.clear();
    to_client.clear();
  }
};

}  // namespace bench
