#include "lua/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace stls::lua {

namespace {
constexpr std::size_t longest = 40;
}

// The optimal string alignment distance; the last three rows of its table are kept.
unsigned distance(std::string_view a, std::string_view b) noexcept {
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  using row = std::array<unsigned, longest + 1>;
  row before_last{};
  row last{};
  row now{};
  for (std::size_t j = 0; j <= b.size(); j++) last[j] = static_cast<unsigned>(j);
  for (std::size_t i = 1; i <= a.size(); i++) {
    now[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); j++) {
      const unsigned other = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace stls::lua
