// The heap, counted, and made to fail.
#pragma once

#include <cstddef>

namespace stls::test::heap {

// counted says whether in_use means anything: not under sanitizers, nor with another libc than glibc.
bool counted() noexcept;

// in_use is the number of bytes that all of the process, libraries included, has from malloc. Exact.
std::size_t in_use() noexcept;
// blocks is the number of pieces.
std::size_t blocks() noexcept;

// taken is how many pieces were ever taken.
std::size_t taken() noexcept;

// news is how many pieces this thread took by operator new, which libraries of C do not. It counts
// everywhere.
std::size_t news() noexcept;

// deny_new makes the nth `operator new` of this thread from now on (0: the next), and all after it, throw
// bad_alloc, until the object is gone. malloc goes on working.
class deny_new {
 public:
  explicit deny_new(std::size_t nth) noexcept;
  deny_new(const deny_new&) = delete;
  deny_new& operator=(const deny_new&) = delete;
  ~deny_new();
  [[nodiscard]] bool reached() const noexcept;
};

// allow_new suspends deny_new: for code of the test that runs inside of a callback.
class allow_new {
 public:
  allow_new() noexcept;
  allow_new(const allow_new&) = delete;
  allow_new& operator=(const allow_new&) = delete;
  ~allow_new();
};

}  // namespace stls::test::heap
