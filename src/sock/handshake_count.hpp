// handshake_count: how many connections of a listener are without a finished handshake.
#pragma once

#include "sock/event.hpp"

#include <stls/export.hpp>

#include <cstddef>
#include <memory>
#include <utility>

STLS_NAMESPACE_BEGIN

struct handshake_count {
  explicit handshake_count(std::size_t limit) noexcept : most(limit) {}

  std::size_t most;
  std::size_t pending = 0;
  event fewer;
  [[nodiscard]] bool full() const noexcept { return pending >= most; }
};

// pending_handshake is one of them, as long as it lives; an empty one is none. The count outlives the
// listener.
class pending_handshake {
 public:
  pending_handshake() noexcept = default;
  explicit pending_handshake(std::shared_ptr<handshake_count> in) noexcept : in_(std::move(in)) {
    ++in_->pending;
  }
  pending_handshake(pending_handshake&&) noexcept = default;
  pending_handshake& operator=(pending_handshake&& other) noexcept {
    pending_handshake ended(std::move(*this));
    in_ = std::move(other.in_);
    return *this;
  }
  ~pending_handshake() {
    if (!in_) return;
    --in_->pending;
    in_->fewer.wake();
  }

 private:
  std::shared_ptr<handshake_count> in_;
};

STLS_NAMESPACE_END
