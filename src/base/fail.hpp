// Making errors.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <new>
#include <string>
#include <utility>

STLS_NAMESPACE_BEGIN

// fail makes the unexpected half of a result.
[[nodiscard]] inline tl::unexpected<error> fail(errc code, std::string message) {
  return tl::unexpected<error>(error(code, std::move(message)));
}
[[nodiscard]] inline tl::unexpected<error> fail(error e) { return tl::unexpected<error>(std::move(e)); }

// The sentence is short enough to need no memory: a std::string holds 15 bytes in itself.
inline constexpr const char* out_of_memory = "out of memory";

// guarded runs a function that returns a result, at the border to the caller, where nothing may throw.
template <class F>
[[nodiscard]] auto guarded(F&& body) noexcept -> decltype(body()) {
  try {
    return std::forward<F>(body)();
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory, out_of_memory);
  } catch (...) {
    return fail(errc::internal, "internal error");
  }
}

// composed runs a function that gives an error, at the same border: without memory for its sentence that is
// the error.
template <class F>
[[nodiscard]] error composed(F&& body) noexcept {
  auto made = guarded([&]() -> result<error> { return std::forward<F>(body)(); });
  return made ? std::move(*made) : std::move(made.error());
}

STLS_NAMESPACE_END
