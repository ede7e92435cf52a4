// What is known of a connection, as C is told it.
#pragma once

#include "capi/context.hpp"

#include <stls/conn_info.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>

STLS_NAMESPACE_BEGIN

namespace capi {

// known runs the body on the description of an established connection; else it gives the fallback.
template <class Value, class Body>
Value known(tls* ctx, Value fallback, Body&& body) noexcept {
  return query<Value>(fallback, [&]() -> Value {
    if (ctx == nullptr || !ctx->connected()) return fallback;
    const conn_info& info = ctx->conn().info();
    return info.version.empty() ? fallback : body(info);
  });
}

// The same for the peer's certificate.
template <class Value, class Body>
Value of_peer(tls* ctx, Value fallback, Body&& body) noexcept {
  return known(ctx, fallback, [&](const conn_info& info) {
    return info.peer_certificate_given ? body(info.peer) : fallback;
  });
}

inline const char* text_or_null(const std::string& text) noexcept {
  return text.empty() ? nullptr : text.c_str();
}

inline std::time_t seconds_of(std::chrono::sys_seconds at) noexcept { return at.time_since_epoch().count(); }

inline std::time_t seconds_of(const std::optional<std::chrono::sys_seconds>& at) noexcept {
  return at ? seconds_of(*at) : -1;
}

}  // namespace capi

STLS_NAMESPACE_END
