#include "capi/context.hpp"

#include "base/secret.hpp"
#include "capi/session_file.hpp"

#include <memory>
#include <span>
#include <vector>

using stls::errc;
using stls::io_result;
using stls::io_status;
using stls::capi::call;
using stls::capi::errno_cleared;
using stls::capi::query;

int tls::configure(tls_config& config) {
  if (kind_ == kind::accepted)
    return error.say({errc::invalid_state, "a connection that was accepted has its server's config"});
  auto frozen = config.freeze();
  if (!frozen) return error.say(std::move(frozen.error()));
  // A server that is configured again can still open the tickets that it gave.
  auto done = kind_ == kind::client ? client_.reset(*frozen) : server_.reset(*frozen);
  if (!done) return error.say(std::move(done.error()));
  session_fd_ = config.session_fd();
  configured_ = true;
  return 0;
}

int tls::configure_by_default() { return configured_ ? 0 : configure(stls::capi::default_config()); }

void tls::reset() {
  connection_ = stls::connection();
  connected_ = false;
  descriptors_.reset();
  socket_.close();
  client_ = stls::client();
  server_ = stls::server();
  configured_ = false;
  session_fd_ = -1;
  ended_without_notify = false;
  chain_pem.clear();
  error.clear();
}

stls::transport tls::use_descriptors(int read_from, int write_to) {
  return stls::transport::from(descriptors_.emplace(read_from, write_to));
}

stls::transport tls::use_callbacks(tls_read_cb read, tls_write_cb write, void* arg) {
  read_ = read;
  write_ = write;
  arg_ = arg;
  static constexpr auto moved = [](ssize_t n, io_status at_zero) noexcept -> io_result {
    if (n > 0) return {static_cast<std::size_t>(n), io_status::ok};
    if (n == 0) return {0, at_zero};
    if (n == TLS_WANT_POLLIN) return {0, io_status::want_read};
    return {0, n == TLS_WANT_POLLOUT ? io_status::want_write : io_status::error};
  };
  // The callback may be C++ and throw.
  return {.read = [](void* self, std::span<std::byte> into) noexcept -> io_result {
            auto* ctx = static_cast<tls*>(self);
            try {
              return moved(ctx->read_(ctx, into.data(), into.size(), ctx->arg_), io_status::eof);
            } catch (...) {
              return {0, io_status::error};
            }
          },
          .write = [](void* self, std::span<const std::byte> from) noexcept -> io_result {
            auto* ctx = static_cast<tls*>(self);
            try {
              return moved(ctx->write_(ctx, from.data(), from.size(), ctx->arg_), io_status::error);
            } catch (...) {
              return {0, io_status::error};
            }
          },
          .self = this};
}

int tls::connect(const char* servername, stls::transport t) {
  if (configure_by_default() != 0) return -1;
  const char* name = servername == nullptr ? "" : servername;
  std::vector<std::byte> session;
  if (session_fd_ != -1) session = stls::capi::read_session_file(session_fd_);
  const stls::wiped at_end(session);
  auto made = client_.connect(name, t, session, stls::buffering::exact);
  // A session of another server or of other settings is not in the way of a full handshake.
  if (!made && !session.empty()) made = client_.connect(name, t, {}, stls::buffering::exact);
  if (!made) return error.say(std::move(made.error()));
  connection_ = std::move(*made);
  connected_ = true;
  return 0;
}

int tls::connect(stls::capi::owned_socket socket, const char* servername) {
  if (connect(servername, use_descriptors(socket.get(), socket.get())) != 0) return -1;
  socket_ = std::move(socket);
  return 0;
}

int tls::accept(tls& server, stls::transport t) {
  if (server.configure_by_default() != 0) return -1;
  auto made = server.server_.accept(t, stls::buffering::exact);
  if (!made) return server.error.say(std::move(made.error()));
  connection_ = std::move(*made);
  connected_ = true;
  return 0;
}

tls* tls_client() {
  return query<tls*>(nullptr, [] { return std::make_unique<tls>(tls::kind::client).release(); });
}

tls* tls_server() {
  return query<tls*>(nullptr, [] { return std::make_unique<tls>(tls::kind::server).release(); });
}

int tls_configure(tls* ctx, tls_config* config) {
  return call(ctx,
              [&] { return ctx->configure(config == nullptr ? stls::capi::default_config() : *config); });
}

void tls_reset(tls* ctx) {
  const errno_cleared at_end;
  if (ctx != nullptr) ctx->reset();
}

void tls_free(tls* ctx) {
  const errno_cleared at_end;
  delete ctx;
}

const char* tls_error(tls* ctx) { return ctx == nullptr ? nullptr : ctx->error.text(); }
