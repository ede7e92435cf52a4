// transfer: messages of one size from client to server, each compared on arrival.
#pragma once

#include "support/peer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bench {

template <std::size_t Size>
class transfer {
 public:
  template <peer P>
  std::string_view prepare(P& p) {
    for (std::size_t i = 0; i < Size; ++i) sent_[i] = static_cast<std::byte>(i * 31 + i / 251);
    expect<P>(p.handshake(roots::one, "localhost"), false);
    return {};
  }

  template <peer P>
  void once(P& p) {
    ++number_;  // so that no message can be taken for an earlier one
    std::memcpy(sent_.data(), &number_, sizeof number_);
    p.write(sent_);
    p.read(got_);
    if (std::memcmp(sent_.data(), got_.data(), Size) != 0) throw failure("the payload was changed");
  }

 private:
  std::array<std::byte, Size> sent_{};
  std::array<std::byte, Size> got_{};
  std::uint64_t number_ = 0;
};

}  // namespace bench
