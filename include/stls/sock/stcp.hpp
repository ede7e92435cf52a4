// stcp: a TLS connection over a coroutine socket.
#pragma once

#include <stls/config.hpp>
#include <stls/conn_info.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

class stcp_body;

// stcp has the verbs of tcp with the same meanings; what goes over the wire is TLS.
//
// The handshake runs in the first verb that needs it; handshake and connect run it now. It has a deadline of
// its own: 30 seconds from the first byte (a server's: from accept), or what was asked for. When that is over
// the descriptor is freed, whether or not a verb is running.
//
// End of stream, truncation, time-out, cancellation and local close are five different results: recv gives 0
// only for the peer's close_notify; the end of the transport before that is errc::truncated.
//
// error::transferred of a send counts what this side has taken over. It is sent by the next verb, by close,
// or by itself as soon as the peer takes it, and must not be sent again: go on with
// bytes.subspan(transferred).
class STLS_EXPORT stcp {
 public:
  stcp() noexcept;  // empty: every verb answers errc::invalid_state
  stcp(stcp&&) noexcept;
  stcp& operator=(stcp&&) noexcept;
  // Closes the descriptor without waiting. No close_notify is sent, so a peer takes what it got for
  // truncated: close says that all was said.
  ~stcp();

  // handshake runs the handshake, or waits for the verb that does. ok if it is done already.
  [[nodiscard]] task<> handshake(expires = {});
  // connect is handshake for a client that learns only now whom it talks to: `vhost`, if not empty, replaces
  // the servername. invalid_state: something was sent already under another name.
  [[nodiscard]] task<> connect(std::string_view vhost = {}, expires = {});

  [[nodiscard]] task<std::size_t> recv(std::span<std::byte> into, expires = {});
  [[nodiscard]] task<> send(std::span<const std::byte> from, expires = {});
  [[nodiscard]] task<> recvn(std::span<std::byte> into, expires = {});
  [[nodiscard]] task<> recvall(std::vector<std::byte>& into, std::size_t limit, expires = {});
  [[nodiscard]] task<reader> recvall_read(std::size_t limit, expires = {});

  // shutdown(write) sends close_notify, then the end of the stream; receiving goes on. errc::unsupported,
  // with nothing sent, where the engine cannot receive after that (BearSSL). shutdown(read) puts nothing on
  // the wire: recv gives 0 from now on.
  [[nodiscard]] task<> shutdown(direction, expires = {});
  // close sends what was taken over and close_notify, and frees the descriptor. It takes 2 seconds at most.
  // So long it waits for the end of a peer that is sending: bytes that come to a descriptor that is gone make
  // the system break the connection, and what was sent last is lost. errc::timed_out: the peer did not take
  // all of it; the descriptor is freed all the same. Closing again waits for the first to end, and is ok.
  [[nodiscard]] task<> close(expires = {});

  void setexpires(direction, std::chrono::steady_clock::time_point);
  void settimeout(direction, std::chrono::steady_clock::duration);
  void cancel();
  [[nodiscard]] bool closed() const noexcept;

  // info describes the connection and its peer; empty before the handshake is done. It lives as long as this
  // socket, and moves with it.
  [[nodiscard]] const conn_info& info() const;
  // export_session: see connection::export_session.
  [[nodiscard]] result<std::vector<std::byte>> export_session();

  [[nodiscard]] result<address> local() const;
  // remote is the peer of the socket, as lower().remote() always is; or, where that is a proxy that has named
  // its client (server_options::proxy_protocol_from), the client. The name comes with the handshake: ask when
  // that is done.
  [[nodiscard]] result<address> remote() const;
  // lower is the socket below: for its addresses and options. What is sent or received there is not TLS.
  [[nodiscard]] tcp& lower() noexcept;
  [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

 private:
  friend STLS_EXPORT result<stcp> client_stcp(tcp&&, std::string_view, const config&,
                                              std::span<const std::byte>);
  friend STLS_EXPORT result<stcp> accept_stcp(tcp&&, const config&, std::chrono::steady_clock::duration);
  friend class stcp_server;
  explicit stcp(std::shared_ptr<stcp_body>) noexcept;
  std::shared_ptr<stcp_body> body_;
};

// client_stcp puts TLS on a connected socket, which may have been used before (STARTTLS): nothing is sent
// yet. `servername` and `session`, which was exported earlier, as in client::connect. On an error the socket
// is still the caller's.
[[nodiscard]] STLS_EXPORT result<stcp> client_stcp(tcp&&, std::string_view servername, const config&,
                                                   std::span<const std::byte> session = {});

// accept_stcp is the server's counterpart, for a connection that came in some other way than through an
// stcp_server: one that was used before (STARTTLS), or a descriptor that another process handed over. On an
// error the socket is still the caller's.
[[nodiscard]] STLS_EXPORT result<stcp> accept_stcp(
    tcp&&, const config&, std::chrono::steady_clock::duration handshake_timeout = std::chrono::seconds(30));

// connect gives a connection that is handshaken and verified as the config says.
//
//   auto s = co_await stls::connect("example.org", 443, conf, 10s);
//
// For "unix:/path" there is no name to verify: use client_stcp with the name that the server's certificate
// has.
[[nodiscard]] STLS_EXPORT task<stcp> connect(std::string_view host, std::uint16_t port, config, expires = {});

STLS_NAMESPACE_END
