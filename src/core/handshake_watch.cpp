#include "core/handshake_watch.hpp"

#include "base/fail.hpp"

STLS_NAMESPACE_BEGIN

transport handshake_watch::watched() noexcept {
  transport t{.self = this};
  // A callback that is missing must look so to the engine, too.
  if (transport_.read != nullptr) {
    t.read = [](void* self, std::span<std::byte> into) noexcept {
      auto& watch = *static_cast<handshake_watch*>(self);
      return watch.noted(watch.transport_.read(watch.transport_.self, into));
    };
  }
  if (transport_.write != nullptr) {
    t.write = [](void* self, std::span<const std::byte> from) noexcept {
      auto& watch = *static_cast<handshake_watch*>(self);
      return watch.noted(watch.transport_.write(watch.transport_.self, from));
    };
  }
  return t;
}

io_result handshake_watch::noted(io_result r) noexcept {
  if (!first_byte_ && r.ok()) first_byte_ = clock::now();
  return r;
}

void handshake_watch::report(const engine& of, const error* failure) const noexcept {
  const auto duration = first_byte_ ? clock::now() - *first_byte_ : clock::duration(0);
  handshake_event event;
  event.role = role_;
  event.duration = duration;
  // Where there is no memory for what is known, there is still an event.
  const auto told = guarded([&]() -> result<void> {
    conn_info info;
    of.describe(info);
    event.servername = std::move(info.servername);
    if (failure != nullptr) return {};
    event.version = std::move(info.version);
    event.cipher = std::move(info.cipher);
    event.group = std::move(info.group);
    event.alpn = std::move(info.alpn);
    event.resumed = info.resumed;
    return {};
  });
  static_cast<void>(told);
  if (failure != nullptr) {
    event.error = guarded([&]() -> result<error> { return *failure; }).value_or(error());
    event.error->code = failure->code;
  }
  try {
    context_->options().on_handshake(event);
  } catch (...) {  // NOLINT(bugprone-empty-catch): what the application makes of it does not concern the
                   // connection
  }
}

STLS_NAMESPACE_END
