// test_clock: another time for stls.
#pragma once

#include "base/clock.hpp"

#include <chrono>

namespace stls::test {

// test_clock makes stls's clock differ from the system's by `offset`, as long as it lives. One at a time.
class test_clock {
 public:
  explicit test_clock(std::chrono::seconds offset) {
    shift() = offset;
    set_clock([]() noexcept { return std::chrono::system_clock::now() + shift(); });
  }
  test_clock(const test_clock&) = delete;
  test_clock& operator=(const test_clock&) = delete;
  ~test_clock() { set_clock(nullptr); }

  void advance(std::chrono::seconds more) { shift() += more; }

 private:
  static std::chrono::seconds& shift() {
    static std::chrono::seconds value{};
    return value;
  }
};

}  // namespace stls::test
