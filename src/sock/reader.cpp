#include <stls/sock/reader.hpp>

#include "base/fail.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

STLS_NAMESPACE_BEGIN

reader::reader() noexcept = default;
reader::reader(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}

result<std::size_t> reader::operator()(std::span<std::byte> into) {
  if (into.empty()) return 0;
  const std::size_t n = std::min(into.size(), bytes_.size() - read_);
  if (n == 0) return fail(errc::eof, "read: the end of what was received");
  std::memcpy(into.data(), bytes_.data() + read_, n);
  read_ += n;
  return n;
}

STLS_NAMESPACE_END
