// reader: bytes that were received, read piece by piece.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

// reader is what recvall_read gives: a function over all that came.
class STLS_EXPORT reader {
 public:
  reader() noexcept;
  explicit reader(std::vector<std::byte> bytes) noexcept;

  // Fills `into` as far as the bytes go and says how many there were. Then, again and again, errc::eof.
  // Nothing asked for is 0.
  result<std::size_t> operator()(std::span<std::byte> into);

 private:
  std::vector<std::byte> bytes_;
  std::size_t read_ = 0;
};

STLS_NAMESPACE_END
