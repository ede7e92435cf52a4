// A server's connections.
#include "capi/context.hpp"

#include <memory>

using stls::errc;
using stls::capi::call;

namespace {

template <class Transport>
int accept(tls* ctx, tls** cctx, Transport&& of) {
  return call(ctx, [&] {
    if (cctx == nullptr)
      return ctx->error.say({errc::invalid_argument, "no place for the connection's context"});
    *cctx = nullptr;
    if (ctx->what() != tls::kind::server)
      return ctx->error.say({errc::invalid_state, "not a server context"});
    auto made = std::make_unique<tls>(tls::kind::accepted);
    if (made->accept(*ctx, of(*made)) != 0) return -1;
    *cctx = made.release();
    return 0;
  });
}

}  // namespace

int tls_accept_fds(tls* ctx, tls** cctx, int fd_read, int fd_write) {
  return accept(ctx, cctx, [&](tls& made) { return made.use_descriptors(fd_read, fd_write); });
}

int tls_accept_socket(tls* ctx, tls** cctx, int s) { return tls_accept_fds(ctx, cctx, s, s); }

int tls_accept_cbs(tls* ctx, tls** cctx, tls_read_cb read_cb, tls_write_cb write_cb, void* cb_arg) {
  if (read_cb == nullptr || write_cb == nullptr)
    return call(ctx, [&] { return ctx->error.say({errc::invalid_argument, "a callback is missing"}); });
  return accept(ctx, cctx, [&](tls& made) { return made.use_callbacks(read_cb, write_cb, cb_arg); });
}
