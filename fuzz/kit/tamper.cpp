#include "kit/tamper.hpp"

#include <algorithm>
#include <array>

namespace stls::fuzz {
namespace {

constexpr std::size_t header_size = 5;

// The size of the record at the front, with its header; 0: it is not all there.
std::size_t record_size(std::span<const std::byte> from) noexcept {
  if (from.size() < header_size) return 0;
  const auto size =
      header_size + (std::to_integer<std::size_t>(from[3]) << 8U) + std::to_integer<std::size_t>(from[4]);
  return size <= from.size() ? size : 0;
}

void add(bytes& to, std::span<const std::byte> more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

tamper::tamper(input& in) {
  constexpr std::array harms = {harm::replace, harm::insert, harm::flip};
  harm_ = harms.at(in.byte() % harms.size());
  unharmed_ = in.byte();
  offset_ = in.number();
  const auto rest = in.rest();
  with_.assign(rest.begin(), rest.end());
}

bytes tamper::pass(std::span<const std::byte> sent) {
  add(unfinished_, sent);
  bytes arrives;
  std::size_t done = 0;
  while (const std::size_t size = record_size(std::span(unfinished_).subspan(done))) {
    const auto record = std::span(unfinished_).subspan(done, size);
    done += size;
    if (cut_) continue;
    if (seen_++ == unharmed_) {
      harm_record(record, arrives);
      cut_ = harm_ == harm::replace;
    } else {
      add(arrives, record);
    }
  }
  unfinished_.erase(unfinished_.begin(), unfinished_.begin() + static_cast<std::ptrdiff_t>(done));
  return arrives;
}

void tamper::harm_record(std::span<const std::byte> record, bytes& arrives) const {
  const std::size_t at = std::min(offset_, record.size());
  add(arrives, record.first(at));
  if (harm_ == harm::flip) {
    for (std::size_t i = at; i < record.size(); ++i)
      arrives.push_back(i - at < with_.size() ? record[i] ^ with_[i - at] : record[i]);
    return;
  }
  add(arrives, with_);
  if (harm_ == harm::insert) add(arrives, record.subspan(at));
}

}  // namespace stls::fuzz
