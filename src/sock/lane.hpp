// lane: the verbs of one direction of a socket, which run one at a time.
#pragma once

#include "sock/readiness.hpp"

#include <asio/steady_timer.hpp>
#include <stls/export.hpp>
#include <stls/sock/expires.hpp>

#include <chrono>
#include <memory>
#include <optional>

STLS_NAMESPACE_BEGIN

// Why a verb that waits has to stop.
enum class interruption : unsigned char { none, timed_out, cancelled, closed };

// lane is whether a verb runs, until when, what it waits for, and whether it shall stop.
struct lane {
  using clock = expires::clock;
  static constexpr clock::time_point never = clock::time_point::max();

  clock::time_point until = never;
  // The alarm is set when a wait begins, and left alone when the verb is done: the next one may need it.
  std::unique_ptr<asio::steady_timer> alarm;

  asio::steady_timer* sleeps = nullptr;  // the verb waits for that,
  std::optional<readiness> waits_for;    // or for the socket
  ready_wait ready;

  const char* verb = "";  // that runs, or ran last
  bool busy = false;
  interruption why = interruption::none;
  unsigned char without_waiting = 0;  // verbs in a row that were done at once, counted round

  [[nodiscard]] bool is_over() const noexcept { return until != never && clock::now() >= until; }
};

STLS_NAMESPACE_END
