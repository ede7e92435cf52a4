// How a coroutine that nobody waits for ends with an exception: in the loop.
#pragma once

#include <exception>

inline void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}
