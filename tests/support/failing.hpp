// failing: a transport around a transport whose Nth call fails, and the fail loop.
#pragma once

#include <stls/error.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace stls::test {

enum class fault : std::uint8_t {
  error,  // the call is an error with errno ECONNRESET, and so is each later one
  eof,    // reading is the end from this call on
};
std::string_view name_of(fault) noexcept;

class failing {
 public:
  failing(transport inner, std::size_t nth, fault f) noexcept : inner_(inner), left_(nth), fault_(f) {}

  io_result read(std::span<std::byte> into) noexcept;
  io_result write(std::span<const std::byte> from) noexcept;

  // Whether a callback gave the failure to stls.
  [[nodiscard]] bool reached() const noexcept { return reached_; }

 private:
  bool due() noexcept;

  transport inner_;
  std::size_t left_;
  fault fault_;
  bool reached_ = false;
};

// fail_loop runs a scenario with N = 0, 1, 2 ... until one passes in which the Nth call was not reached. The
// scenario gives the failing transport's verdict, reached(). Between runs nothing may stay on the heap.
void fail_loop(const std::function<bool(std::size_t nth, fault)>& scenario, fault);

}  // namespace stls::test
