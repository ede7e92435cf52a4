// refusal: an error on its way from C++ to Lua.
#pragma once

#include "lua/api.hpp"

#include <stls/error.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace stls::lua {

// refusal is a sentence and a code. It has no destructor, so that Lua may jump over it; a sentence that is
// longer than its room ends in dots.
class refusal {
 public:
  refusal() noexcept = default;

  void set(std::string_view code, std::string_view sentence) noexcept;
  // Errors that programs look for are said in one word: `closed`, `truncated`.
  void set(const error&) noexcept;

  [[nodiscard]] bool given() const noexcept { return !code_.empty(); }

  // push gives what a function returns then: nil, the sentence, the code.
  int push(lua_State*) const;

 private:
  std::string_view code_;  // lives for ever
  std::size_t size_ = 0;
  std::array<char, 1024> text_;  // NOLINT(cppcoreguidelines-pro-type-member-init): as much as is used
};

// is_word tells whether a sentence is one of these words, which no callback may say for this side.
[[nodiscard]] bool is_word(std::string_view sentence) noexcept;

// refuse gives what a function returns that cannot be done now, succeed that it was done.
int refuse(lua_State*, errc, std::string_view sentence);
int succeed(lua_State*);

// code_of gives an error's code as a word: the name of the errc, or one for the system's.
[[nodiscard]] std::string_view code_of(const error&) noexcept;

}  // namespace stls::lua
