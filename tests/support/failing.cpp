#include "support/failing.hpp"

#include "support/heap.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace stls::test {

std::string_view name_of(fault f) noexcept { return f == fault::error ? "error" : "eof"; }

bool failing::due() noexcept {
  if (left_ == 0) return true;
  --left_;
  return false;
}

io_result failing::read(std::span<std::byte> into) noexcept {
  if (due()) {
    reached_ = true;
    if (fault_ == fault::eof) return {0, io_status::eof};
    errno = ECONNRESET;
    return {0, io_status::error};
  }
  return inner_.read(inner_.self, into);
}

io_result failing::write(std::span<const std::byte> from) noexcept {
  if (due() && fault_ == fault::error) {
    reached_ = true;
    errno = ECONNRESET;
    return {0, io_status::error};
  }
  return inner_.write(inner_.self, from);
}

void fail_loop(const std::function<bool(std::size_t, fault)>& scenario, fault f) {
  constexpr std::size_t limit = 100000;
  constexpr std::size_t warm = 4;  // runs until caches of the engine are filled
  std::size_t before = 0;
  EXPECT_FALSE(scenario(limit, f))
      << "the scenario does not pass without a failure";  // fills what is made once
  for (std::size_t nth = 0; nth < limit; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth) + " fails with " + std::string(name_of(f)));
    const bool reached = scenario(nth, f);
    if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) return;
    if (nth == warm) before = heap::in_use();
    if (!reached) {
      EXPECT_GT(nth, 0U) << "the scenario never used the failing transport";
      // A block leaked in each run would show as at least nth blocks.
      if (heap::counted() && nth > warm + 4) {
        EXPECT_LT(heap::in_use(), before + 16 * (nth - warm)) << "it leaks";
      }
      return;
    }
  }
  ADD_FAILURE() << "the scenario never passed";
}

}  // namespace stls::test
