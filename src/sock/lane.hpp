// lane: the verbs of one direction of a socket, which run one at a time.
#pragma once

#include "sock/readiness.hpp"

#include <asio/steady_timer.hpp>
#include <stls/export.hpp>
#include <stls/sock/expires.hpp>

#include <memory>
#include <optional>

STLS_NAMESPACE_BEGIN

// Why a verb that waits has to stop.
enum class interruption : unsigned char { none, timed_out, cancelled, closed };

// lane is whether a verb runs, until when, what it waits for, and whether it shall stop.
struct lane {
  using clock = expires::clock;

  // For verbs that are given no deadline; at most one of the two is set.
  std::optional<clock::time_point> own_point;
  std::optional<clock::duration> own_duration;

  bool busy = false;
  interruption why = interruption::none;
  std::optional<clock::time_point> until;
  unsigned without_waiting = 0;  // verbs in a row that were done at once

  // What the verb waits for.
  ready_wait ready;
  std::optional<readiness> waits_for;
  asio::steady_timer* sleeps = nullptr;

  // The alarm is set when a wait begins, and left alone when the verb is done: the next one may need it.
  std::unique_ptr<asio::steady_timer> alarm;
  std::optional<clock::time_point> alarm_at;

  // deadline_of is what `e` means here, now.
  [[nodiscard]] std::optional<clock::time_point> deadline_of(expires e) const {
    if (e.is_own()) {
      if (!own_duration) return own_point;
      e = expires::after(*own_duration);
    }
    return e.is_never() ? std::nullopt : std::optional(e.at());
  }
  [[nodiscard]] bool is_over() const noexcept { return until && clock::now() >= *until; }
};

STLS_NAMESPACE_END
