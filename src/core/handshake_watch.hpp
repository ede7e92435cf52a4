// The option on_handshake.
#pragma once

#include "config/settings.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/handshake_event.hpp>
#include <stls/io.hpp>

#include <chrono>
#include <memory>
#include <optional>

STLS_NAMESPACE_BEGIN

// handshake_watch stands between an engine and the transport until the handshake is over, to see its first
// byte, and then tells the application of it, once.
class handshake_watch {
 public:
  handshake_watch(std::shared_ptr<const context> ctx, role r, transport t) noexcept
      : context_(std::move(ctx)), transport_(t), role_(r) {}
  handshake_watch(const handshake_watch&) = delete;
  handshake_watch& operator=(const handshake_watch&) = delete;

  [[nodiscard]] transport watched() noexcept;  // for the engine, as long as the handshake goes on
  [[nodiscard]] const transport& original() const noexcept { return transport_; }
  [[nodiscard]] bool begun() const noexcept { return first_byte_.has_value(); }

  // Must not be called inside a callback of the transport. Exceptions of the application go no further.
  void report(const engine&, const error* failure) const noexcept;

 private:
  using clock = std::chrono::steady_clock;
  io_result noted(io_result) noexcept;

  std::shared_ptr<const context> context_;
  transport transport_;
  role role_;
  std::optional<clock::time_point> first_byte_;
};

STLS_NAMESPACE_END
