#include "support/dribble.hpp"

#include "support/heap.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <type_traits>

namespace stls::test {

std::string_view name_of(pace p) noexcept {
  switch (p) {
    case pace::plain:
      return "plain";
    case pace::single_bytes:
      return "single_bytes";
    case pace::want_first:
      return "want_first";
    case pace::random_splits:
      return "random_splits";
    case pace::capture:
      return "capture";
  }
  return "?";
}

dribble::dribble(std::string owner, transport inner, pace p)
    : owner_(std::move(owner)), inner_(inner), pace_(p), dice_(dice()) {}

template <class Span>
void dribble::check(const offer& last, Span now, std::string_view what) const {
  if (now.empty()) ADD_FAILURE() << owner_ << ": the " << what << " callback was offered nothing";
  if (!last.pending || !rule_4_) return;
  EXPECT_EQ(static_cast<const void*>(last.data), static_cast<const void*>(now.data()))
      << owner_ << ": after a want the " << what << " callback was offered other memory";
  EXPECT_LE(last.size, now.size()) << owner_ << ": after a want the " << what << " callback was offered less";
  if (last.content.size() <= now.size() &&
      !std::equal(last.content.begin(), last.content.end(), now.begin())) {
    ADD_FAILURE() << owner_ << ": after a want the " << what << " callback was offered other bytes";
  }
}

io_result dribble::count(io_result r) noexcept {
  if (r.status == io_status::ok) moved_ += r.bytes;
  if (r.status == io_status::want_read) ++want_reads_;
  if (r.status == io_status::want_write) ++want_writes_;
  return r;
}

template <class Span, class Move>
io_result dribble::step(offer& last, Span now, io_status want, Move move) {
  const heap::allow_new pause;
  ++calls_;
  check(last, now, want == io_status::want_read ? "read" : "write");

  const auto wait = [&](io_result r) {
    last.pending = true;
    last.data = now.data();
    last.size = now.size();
    if constexpr (std::is_const_v<typename Span::element_type>) last.content.assign(now.begin(), now.end());
    return count(r);
  };
  const auto serve = [&](Span part) {
    const io_result r = move(part);
    if (r.wants()) return wait(r);
    last.pending = false;
    last.content.clear();
    return count(r);
  };

  switch (pace_) {
    case pace::plain:
      return serve(now);
    case pace::single_bytes:
      return serve(now.first(std::min<std::size_t>(1, now.size())));
    case pace::want_first: {
      if (!last.serve) {
        last.serve = true;
        return wait({0, want});
      }
      const io_result r = serve(now);
      last.serve = r.wants();
      return r;
    }
    case pace::random_splits: {
      const auto roll = dice_();
      if (roll % 4 == 0) return wait({0, want});
      const auto limit = roll % 4 == 1 ? std::min<std::size_t>(now.size(), 8) : now.size();
      return serve(
          now.first(std::min<std::size_t>(now.size(), 1 + (roll >> 8U) % std::max<std::size_t>(limit, 1))));
    }
    case pace::capture: {
      if (!last.filled) return wait({0, want});
      const io_result r = *last.filled;
      last.filled.reset();
      last.pending = false;
      last.content.clear();
      errno = last.error_number;
      return r;
    }
  }
  return {0, io_status::error};
}

io_result dribble::read(std::span<std::byte> into) {
  return step(reading_, into, io_status::want_read,
              [this](std::span<std::byte> part) { return inner_.read(inner_.self, part); });
}

io_result dribble::write(std::span<const std::byte> from) {
  return step(writing_, from, io_status::want_write,
              [this](std::span<const std::byte> part) { return inner_.write(inner_.self, part); });
}

void dribble::fill(offer& kept, io_result r) noexcept {
  if (r.wants()) return;
  kept.error_number = errno;
  kept.filled = count(r);
}

void dribble::settle() {
  if (pace_ != pace::capture) return;
  if (reading_.pending && !reading_.filled) {
    // The memory is the connection's own, which it promised to keep.
    const std::span<std::byte> kept(const_cast<std::byte*>(reading_.data), reading_.size);
    fill(reading_, inner_.read(inner_.self, kept));
  }
  if (writing_.pending && !writing_.filled) {
    const std::span<const std::byte> kept(writing_.data, writing_.size);
    EXPECT_EQ(difference(kept, writing_.content), "")
        << owner_ << ": the memory offered to the write callback changed after its want";
    fill(writing_, inner_.write(inner_.self, kept));
  }
}

void dribble::forget() noexcept {
  reading_ = {};
  writing_ = {};
}

std::size_t dribble::wants(io_status want) const noexcept {
  return want == io_status::want_read ? want_reads_ : want_writes_;
}

}  // namespace stls::test
