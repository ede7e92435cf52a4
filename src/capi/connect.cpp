// A client's connection.
#include "capi/context.hpp"
#include "capi/dial.hpp"

#include <string>
#include <utility>

using stls::errc;
using stls::capi::call;

namespace {

// The body runs for a client that is not connected yet.
template <class Body>
int connect(tls* ctx, Body&& body) {
  return call(ctx, [&] {
    if (ctx->what() != tls::kind::client)
      return ctx->error.say({errc::invalid_state, "not a client context"});
    if (ctx->connected()) return ctx->error.say({errc::invalid_state, "context already connected"});
    return std::forward<Body>(body)();
  });
}

}  // namespace

int tls_connect(tls* ctx, const char* host, const char* port) {
  return tls_connect_servername(ctx, host, port, nullptr);
}

int tls_connect_servername(tls* ctx, const char* host, const char* port, const char* servername) {
  return connect(ctx, [&] {
    if (host == nullptr) return ctx->error.say({errc::invalid_argument, "host not specified"});
    auto where = stls::capi::parse_address(host, port);
    if (!where) return ctx->error.say(std::move(where.error()));
    auto socket = stls::capi::dial(*where);
    if (!socket) return ctx->error.say(std::move(socket.error()));
    return ctx->connect(std::move(*socket), servername == nullptr ? where->host.c_str() : servername);
  });
}

int tls_connect_fds(tls* ctx, int fd_read, int fd_write, const char* servername) {
  return connect(ctx, [&] {
    if (fd_read < 0 || fd_write < 0)
      return ctx->error.say({errc::invalid_argument, "invalid file descriptors"});
    return ctx->connect(servername, ctx->use_descriptors(fd_read, fd_write));
  });
}

int tls_connect_socket(tls* ctx, int s, const char* servername) {
  return tls_connect_fds(ctx, s, s, servername);
}

int tls_connect_cbs(tls* ctx, tls_read_cb read_cb, tls_write_cb write_cb, void* cb_arg,
                    const char* servername) {
  return connect(ctx, [&] {
    if (read_cb == nullptr || write_cb == nullptr)
      return ctx->error.say({errc::invalid_argument, "a callback is missing"});
    return ctx->connect(servername, ctx->use_callbacks(read_cb, write_cb, cb_arg));
  });
}
