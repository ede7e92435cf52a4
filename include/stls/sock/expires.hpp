// expires: until when a verb may take.
#pragma once

#include <stls/export.hpp>

#include <chrono>
#include <cstdint>
#include <type_traits>

STLS_NAMESPACE_BEGIN

// expires is the last argument of every verb that may wait:
//
//   co_await s.recv(buf);                          // the direction's own deadline, if it has one
//   co_await s.recv(buf, 5s);                      // five seconds from now
//   co_await s.recv(buf, start + 1min);            // a point in time
//   co_await s.recv(buf, stls::expires::never);    // however long it takes
//
// A verb whose time is up ends with errc::timed_out instead of waiting. Nothing is lost by that, and the
// socket goes on. What can be done without waiting is done, however late it is.
class expires {
 public:
  using clock = std::chrono::steady_clock;

  constexpr expires() noexcept = default;  // the direction's own deadline: see setexpires and settimeout
  constexpr expires(clock::time_point at) noexcept : kind_(kind::at), at_(at) {}
  template <class Rep, class Period>
  expires(std::chrono::duration<Rep, Period> from_now) : expires(after(from_now)) {}

  static const expires never;

  // after is a duration from now. One that is too long to count is `never`, a negative one is now.
  template <class Rep, class Period>
  [[nodiscard]] static expires after(std::chrono::duration<Rep, Period> from_now) {
    const clock::time_point now = clock::now();
    // Compared as seconds in floating point: the other way round a long duration would overflow.
    using seconds = std::chrono::duration<double>;
    const seconds wanted = from_now;
    if (wanted <= seconds::zero()) return now;
    if (wanted >= seconds(clock::time_point::max() - now)) return never;
    return now + std::chrono::duration_cast<clock::duration>(from_now);
  }

  [[nodiscard]] constexpr bool is_own() const noexcept { return kind_ == kind::own; }
  [[nodiscard]] constexpr bool is_never() const noexcept { return kind_ == kind::never; }
  // at is the point in time; meaningful only if it is neither of the above.
  [[nodiscard]] constexpr clock::time_point at() const noexcept { return at_; }

 private:
  enum class kind : std::uint8_t { own, never, at };
  constexpr explicit expires(kind k) noexcept : kind_(k) {}

  kind kind_ = kind::own;
  clock::time_point at_{};
};

inline constexpr expires expires::never{expires::kind::never};

// GCC 12 destroys some default arguments in a co_await expression twice (bug 101243 and its kin).
static_assert(std::is_trivially_destructible_v<expires>);

STLS_NAMESPACE_END
