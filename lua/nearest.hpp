// nearest: which known word somebody may have meant.
#pragma once

#include <string_view>

namespace stls::lua {

// distance counts the letters to be put in, left out, replaced or swapped with their neighbour to make one
// word of the other. Of each word the first 40 letters count.
[[nodiscard]] unsigned distance(std::string_view a, std::string_view b) noexcept;

}  // namespace stls::lua
