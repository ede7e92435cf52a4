#include <stls/buffered.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

STLS_NAMESPACE_BEGIN

std::span<const std::byte> buffered::queue::left() const noexcept { return std::span(bytes).subspan(head); }

void buffered::queue::append(std::span<const std::byte> more) {
  // What was taken from the front is moved away only when that is no more work than appending has been.
  if (head != 0 && head >= bytes.size() - head) {
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void buffered::queue::drop(std::size_t n) noexcept {
  head += std::min(n, bytes.size() - head);
  if (head != bytes.size()) return;
  // An empty queue holds no memory: connections are idle most of the time.
  std::vector<std::byte>().swap(bytes);
  head = 0;
}

void buffered::feed(std::span<const std::byte> arrived) { in_.append(arrived); }

void buffered::feed_eof() noexcept { eof_ = true; }

std::span<const std::byte> buffered::output() const noexcept { return out_.left(); }

void buffered::drain(std::size_t n) noexcept { out_.drop(n); }

std::size_t buffered::unread() const noexcept { return in_.left().size(); }

io_result buffered::read(std::span<std::byte> into) noexcept {
  const auto left = in_.left();
  if (left.empty()) return {0, eof_ ? io_status::eof : io_status::want_read};
  const std::size_t n = std::min(into.size(), left.size());
  std::memcpy(into.data(), left.data(), n);
  in_.drop(n);
  return {n, io_status::ok};
}

io_result buffered::write(std::span<const std::byte> from) noexcept {
  const std::size_t held = out_.left().size();
  if (held >= limit_) return {0, io_status::want_write};
  const std::size_t n = std::min(from.size(), limit_ - held);
  try {
    out_.append(from.first(n));
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return {0, io_status::error};
  }
  return {n, io_status::ok};
}

STLS_NAMESPACE_END
