// stcp_server: a listener whose connections speak TLS.
#pragma once

#include <stls/config.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/network.hpp>
#include <stls/sock/stcp.hpp>
#include <stls/sock/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

class server_body;

// server_options is what a listener needs to know beyond its config.
struct server_options {
  // Not an aggregate: GCC 12 destroys those twice when they are made in a co_await expression.
  server_options() noexcept {}  // NOLINT(modernize-use-equals-default)

  // From accept to the end of the handshake; then the connection is dropped.
  std::chrono::steady_clock::duration handshake_timeout = std::chrono::seconds(30);
  // So many connections may be without a finished handshake. Then accept waits, and strangers wait in the
  // system's queue.
  std::size_t max_pending_handshakes = 1024;
  int backlog = tcp::max_backlog;  // of listen
  // The proxies that say whom they speak for, by the PROXY protocol of HAProxy (versions 1 and 2): then
  // stcp::remote() is the client's address. A connection from one of these networks must begin with such a
  // header; from elsewhere none is read, and one that comes is no TLS. Put no address here from which anybody
  // else can connect: it could say that it is whoever it likes. Empty: nobody is such a proxy.
  //
  // The header is read by the first verb, and counts as part of the handshake. What is not a header, or is
  // longer than 4096 bytes, fails it with errc::protocol, and nothing is sent. Of what it may carry beyond
  // addresses only the checksum is looked at.
  std::vector<network> proxy_protocol_from{};
};

// stcp_server accepts connections. It is movable. Closing or destroying it closes the listener alone:
// accepted connections go on.
class STLS_EXPORT stcp_server {
 public:
  stcp_server() noexcept;  // empty: every verb answers errc::invalid_state
  stcp_server(stcp_server&&) noexcept;
  stcp_server& operator=(stcp_server&&) noexcept;
  ~stcp_server();

  // accept gives a connection on which nothing has been sent or received: its handshake runs in the first
  // verb, so that a silent client stalls nobody else.
  [[nodiscard]] task<stcp> accept(expires = {});
  // reload takes another config for connections to come; those that exist keep theirs. If it cannot be a
  // server's nothing changes, and on_warning of the one that serves on is told `config_refused`. Sessions go
  // on: see server::reset. It may be called from any thread. A config_watcher makes such configs when files
  // change.
  result<void> reload(const config&);
  [[nodiscard]] task<> close(expires = {});
  void cancel();
  [[nodiscard]] bool closed() const noexcept;

  [[nodiscard]] result<address> local() const;
  [[nodiscard]] tcp& lower() noexcept;  // the listening socket
  [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

 private:
  friend STLS_EXPORT result<stcp_server> server_stcp(tcp&&, const config&, const server_options&);
  explicit stcp_server(std::shared_ptr<server_body>) noexcept;
  static task<stcp> accept_on(std::shared_ptr<server_body>, std::shared_ptr<socket_body> listener, expires);
  std::shared_ptr<server_body> body_;
};

// server_stcp puts TLS on a socket that listens. On an error the socket is still the caller's.
[[nodiscard]] STLS_EXPORT result<stcp_server> server_stcp(tcp&&, const config&, const server_options& = {});

// listen resolves, binds and listens. The host "*" is every address of this machine; the port 0 lets the
// system choose one, which lower().local() tells.
[[nodiscard]] STLS_EXPORT task<stcp_server> listen(std::string_view host, std::uint16_t port, config,
                                                   server_options = {});

STLS_NAMESPACE_END
