// require: what must hold of every input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace stls::fuzz {

// require ends the process where a condition does not hold, which is how a fuzzer learns of it. `why` is
// told.
inline void require(bool holds, std::string_view why = "an invariant of the fuzzer does not hold") {
  if (holds) return;
  std::fprintf(stderr, "require: %.*s\n", static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace stls::fuzz
