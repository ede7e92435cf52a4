// tamper: what happens to the bytes of a genuine peer on their way.
#pragma once

#include "kit/input.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace stls::fuzz {

// tamper lets whole records pass until the one that it harms. Which that is, is counted and not measured, so
// that an input means the same though certificates, which are made anew by each build, have other sizes.
class tamper {
 public:
  enum class harm : std::uint8_t { replace, insert, flip };

  tamper() = default;  // harms nothing
  // The next four bytes of the input: what is done, the record, where in it; the rest is what it is done
  // with.
  explicit tamper(input&);

  // pass gives what arrives of what was sent. Records are passed when they are whole.
  [[nodiscard]] bytes pass(std::span<const std::byte> sent);

  // harmless: all passes as it is.
  [[nodiscard]] bool harmless() const noexcept { return harm_ == harm::flip && with_.empty(); }
  // alone: the genuine peer is not needed, since nothing of it passes.
  [[nodiscard]] bool alone() const noexcept {
    return harm_ == harm::replace && unharmed_ == 0 && offset_ == 0;
  }
  [[nodiscard]] const bytes& replacement() const noexcept { return with_; }

 private:
  void harm_record(std::span<const std::byte> record, bytes& arrives) const;

  harm harm_ = harm::replace;
  std::size_t unharmed_ = std::numeric_limits<std::size_t>::max();
  std::size_t offset_ = 0;
  bytes with_;
  bytes unfinished_;
  std::size_t seen_ = 0;
  bool cut_ = false;  // nothing passes any more
};

}  // namespace stls::fuzz
