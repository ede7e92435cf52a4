// The verbs of a connection.
#include "capi/context.hpp"

#include <algorithm>
#include <climits>
#include <cstddef>
#include <span>
#include <string>

using stls::errc;
using stls::io_result;
using stls::io_status;
using stls::capi::call;

namespace {

template <class Verb>
ssize_t on_connection(tls* ctx, Verb&& verb) {
  return call(ctx, [&]() -> ssize_t {
    if (ctx->what() == tls::kind::server)
      return ctx->error.say({errc::invalid_state, "invalid operation for context"});
    if (!ctx->connected()) return ctx->error.say({errc::invalid_state, "context not connected"});
    return verb();
  });
}

// answer is what C is told of a verb's result.
ssize_t answer(tls* ctx, io_result r) {
  switch (r.status) {
    case io_status::ok:
      return static_cast<ssize_t>(r.bytes);
    case io_status::eof:
      return 0;
    case io_status::want_read:
      return TLS_WANT_POLLIN;
    case io_status::want_write:
      return TLS_WANT_POLLOUT;
    case io_status::error:
      break;
  }
  return ctx->error.say(ctx->conn().last_error());
}

// An answer of ssize_t could not tell more.
std::size_t bounded(std::size_t size) noexcept { return std::min(size, std::size_t{SSIZE_MAX}); }

}  // namespace

int tls_handshake(tls* ctx) {
  return static_cast<int>(on_connection(ctx, [&] { return answer(ctx, ctx->conn().handshake()); }));
}

ssize_t tls_read(tls* ctx, void* buf, size_t len) {
  return on_connection(ctx, [&]() -> ssize_t {
    if (len == 0) return 0;
    const io_result r = ctx->conn().recv(std::span(static_cast<std::byte*>(buf), bounded(len)));
    // libtls leaves it to tls_close to say that the stream was cut. In the handshake it is a failure.
    const bool cut = r.status == io_status::error && ctx->conn().last_error() == errc::truncated &&
                     !ctx->conn().info().version.empty();
    if (!cut) return answer(ctx, r);
    ctx->ended_without_notify = true;
    return 0;
  });
}

ssize_t tls_write(tls* ctx, const void* buf, size_t len) {
  return on_connection(ctx, [&]() -> ssize_t {
    if (len == 0) return 0;
    return answer(ctx, ctx->conn().send(std::span(static_cast<const std::byte*>(buf), bounded(len))));
  });
}

int tls_close(tls* ctx) {
  return call(ctx, [&]() -> int {
    if (ctx->what() == tls::kind::server)
      return ctx->error.say({errc::invalid_state, "invalid operation for context"});
    int done = 0;
    if (ctx->connected()) {
      const io_result r = ctx->conn().close();
      done = static_cast<int>(answer(ctx, r));
      if (r.wants()) return done;
    }
    ctx->finish();
    return ctx->ended_without_notify ? ctx->error.say({errc::truncated, "EOF without close notify"}) : done;
  });
}
