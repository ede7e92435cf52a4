// struct tls: a client, a server, or one connection that a server accepted.
#pragma once

#include "capi/config.hpp"
#include "capi/entry.hpp"
#include "capi/exported.hpp"
#include "capi/owned_socket.hpp"

#include <stls/connection.hpp>
#include <stls/error.hpp>
#include <stls/fd.hpp>
#include <stls/io.hpp>

#include <cstdint>
#include <optional>
#include <string>

// A connection points into its context, which therefore never moves.
struct tls {
 public:
  enum class kind : std::uint8_t { client, server, accepted };

  explicit tls(kind k) noexcept : kind_(k) {}
  tls(const tls&) = delete;
  tls& operator=(const tls&) = delete;

  [[nodiscard]] kind what() const noexcept { return kind_; }
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] stls::connection& conn() noexcept { return connection_; }

  int configure(tls_config&);
  void reset();

  // A transport of this context.
  stls::transport use_descriptors(int read_from, int write_to);
  stls::transport use_callbacks(tls_read_cb, tls_write_cb, void* arg);

  int connect(const char* servername, stls::transport);
  int connect(stls::capi::owned_socket, const char* servername);
  int accept(tls& server, stls::transport);
  // finish closes the socket, if it is the context's own.
  void finish() noexcept { socket_.close(); }

  stls::capi::complaint error;
  bool ended_without_notify = false;  // tls_read said 0 at an end that was none
  std::string chain_pem;              // of tls_peer_cert_chain_pem

 private:
  int configure_by_default();

  kind kind_;
  bool configured_ = false;
  bool connected_ = false;
  int session_fd_ = -1;
  stls::client client_;
  stls::server server_;

  tls_read_cb read_ = nullptr;
  tls_write_cb write_ = nullptr;
  void* arg_ = nullptr;
  std::optional<stls::fd> descriptors_;
  stls::capi::owned_socket socket_;
  stls::connection connection_;  // the last member: the first to go
};

STLS_NAMESPACE_BEGIN

namespace capi {

// call is entry for functions of a context that may fail: tls_error is about the last of them.
template <class Body>
auto call(tls* ctx, Body&& body) noexcept -> decltype(body()) {
  if (ctx != nullptr) ctx->error.clear();
  return entry(ctx, std::forward<Body>(body));
}

}  // namespace capi

STLS_NAMESPACE_END
