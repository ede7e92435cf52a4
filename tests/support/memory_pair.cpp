#include "support/memory_pair.hpp"

#include "support/heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace stls::test {

std::size_t pipe::take(std::span<std::byte> into) noexcept {
  const auto n = std::min(into.size(), held_);
  for (std::size_t done = 0; done < n;) {
    const auto run = std::min(n - done, ring_.size() - head_);
    std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(head_), run,
                into.begin() + static_cast<std::ptrdiff_t>(done));
    head_ = (head_ + run) % ring_.size();
    done += run;
  }
  held_ -= n;
  return n;
}

std::size_t pipe::put(std::span<const std::byte> from) noexcept {
  const auto n = std::min(from.size(), space());
  for (std::size_t done = 0; done < n;) {
    const auto tail = (head_ + held_) % ring_.size();
    const auto run = std::min(n - done, ring_.size() - tail);
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(done), run,
                ring_.begin() + static_cast<std::ptrdiff_t>(tail));
    held_ += run;
    done += run;
  }
  if (tapped) {
    const heap::allow_new pause;
    append(tape, from.first(n));
  }
  return n;
}

io_result pipe_end::read(std::span<std::byte> into) noexcept {
  ++reads_.calls;
  if (const auto n = in_->take(into); n > 0) {
    reads_.bytes += n;
    return {n, io_status::ok};
  }
  if (in_->ended) return {0, io_status::eof};
  ++reads_.wants;
  return {0, io_status::want_read};
}

io_result pipe_end::write(std::span<const std::byte> from) noexcept {
  ++writes_.calls;
  if (out_->abandoned || out_->ended) {
    errno = EPIPE;
    return {0, io_status::error};
  }
  if (const auto n = out_->put(from); n > 0) {
    writes_.bytes += n;
    return {n, io_status::ok};
  }
  ++writes_.wants;
  return {0, io_status::want_write};
}

void pipe_end::close() noexcept {
  out_->ended = true;
  in_->abandoned = true;
}

void pipe_end::inject(std::span<const std::byte> raw) {
  ASSERT_LE(raw.size(), out_->space()) << "the wire is too small for what the test wants to inject";
  (void)out_->put(raw);
}

bytes pipe_end::arrived() {
  bytes out(in_->held());
  (void)in_->take(out);
  return out;
}

}  // namespace stls::test
