// client, server and connection: TLS over user-provided I/O.
//
//   auto conf = stls::config::make({});
//   auto cl = stls::client::make(*conf);
//   auto conn = cl->connect("example.org", stls::transport::from(my_io));
//   stls::io_result r = conn->send(bytes);   // r.wants(): wait for my_io, then repeat
//
// Nothing here blocks, waits on a clock, or opens a file or socket: a connection does what the transport's
// callbacks let it do, and says what it waits for.
#pragma once

#include <stls/buffering.hpp>
#include <stls/config.hpp>
#include <stls/conn_info.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

class context;

// connection is one TLS connection of either role. It is movable, and not thread-safe.
//
// A verb that answers a want changed nothing: wait until the transport can be read (written), then repeat it
// with the same bytes. Which verb wants what is not fixed: recv may want to write, and send may want to read.
// The transport is only waited for when a callback said so: after data arrived, call recv until it wants.
//
// An error of the connection is final: each later verb but close repeats it. errc::busy, invalid_argument,
// invalid_state, unsupported and closed are errors of the call: nothing changed.
//
// A default-constructed or moved-from connection answers errc::invalid_state. Destroying one is always safe,
// sends nothing, and the transport is not used any more; a peer that was not sent close_notify sees a
// truncation.
class STLS_EXPORT connection {
 public:
  connection() noexcept;
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;
  ~connection();

  // handshake makes the connection, with the peer verified as the config says. recv and send do it where it
  // was not done, so that calling it is optional. After it has succeeded once it is invalid_state.
  io_result handshake();

  // recv moves received bytes into `into` (1 byte at least): {n, ok}, n >= 1. {0, eof}: the peer ended its
  // stream with close_notify; again and again. The end of the transport without it is the error
  // errc::truncated.
  io_result recv(std::span<std::byte> into);

  // send moves bytes to the peer: {n, ok}, where n may be less than was offered; go on with the rest. After a
  // want repeat it with the same bytes: they may lie elsewhere, and there may be more of them, but not fewer.
  // Nothing offered is {0, ok}, and has no effect.
  io_result send(std::span<const std::byte> from);

  // shutdown sends close_notify: the peer's recv then gives eof. Receiving goes on; sending is errc::closed.
  // Before the handshake it is invalid_state; errc::unsupported where the engine cannot go on receiving.
  io_result shutdown();

  // close sends close_notify where that is possible, and ends receiving too. It does not wait for the peer's,
  // and does not close what the transport stands for. Closing twice, or closing what failed, is ok.
  io_result close();

  // release_buffers gives the memory of an idle connection's buffers back. busy: a want of a callback is
  // pending: until that one is called again, it may hold on to what it was offered.
  result<void> release_buffers();

  // pending is the number of received bytes that recv would give without asking the transport.
  [[nodiscard]] std::size_t pending() const noexcept;

  // export_session gives the session as bytes, for a client that persists it: the latest ticket that came, or
  // the session itself on TLS 1.2. It holds keys, so keep it as secret as a private key. invalid_state: none
  // has come yet (servers of TLS 1.3 send theirs after the handshake, so it arrives with the first recv), or
  // it is a server.
  result<std::vector<std::byte>> export_session();

  // check_ocsp judges an OCSP response for the peer's certificate, in DER, that the application has fetched
  // itself (info().ocsp.url says where) by the rules for staples; info().ocsp then says what is in it. No
  // error: it is good. Errors end nothing: certificate_revoked; revocation_unknown: it proves nothing, as on
  // a resumed or unverified connection; invalid_state: before the handshake is done; unsupported.
  result<void> check_ocsp(std::span<const std::byte> response);

  // info describes the connection and its peer. Before the handshake is done it is empty.
  // The reference is valid as long as the connection, and moves with it.
  [[nodiscard]] const conn_info& info() const;

  // last_error is the error of the last verb that answered io_status::error, or one whose code is zero.
  [[nodiscard]] const error& last_error() const noexcept;

 private:
  friend class client;
  friend class server;
  class body;
  explicit connection(std::unique_ptr<body>) noexcept;
  std::unique_ptr<body> body_;
};

// client makes connections to servers. It is a handle: cheap to copy; connect may be called from any thread.
class STLS_EXPORT client {
 public:
  client() noexcept;

  // make compiles the config for clients, or finds it compiled, so errors of that show here.
  [[nodiscard]] static result<client> make(const config&);

  // connect makes a connection to `servername`; nothing is sent yet. The name is sent (SNI) and the
  // certificate must name it. A DNS name of at most 253 bytes in ASCII (A-labels: xn--...), a trailing dot is
  // dropped; or an IP address, which is not sent, but verified. Empty only with insecure_noverifyname or
  // insecure_noverifycert.
  [[nodiscard]] result<connection> connect(std::string_view servername, transport) const;

  // connect with a session that was exported earlier, by this or another process. If it is too old, or the
  // server does not know it any more, the handshake is a full one. invalid_argument: it is not an exported
  // session, or of another server, or made with other settings. Without bytes there is no such session.
  [[nodiscard]] result<connection> connect(std::string_view servername, transport,
                                           std::span<const std::byte> session,
                                           buffering = buffering::ahead) const;

  // reset takes another config. Connections that exist keep theirs. On an error nothing changes.
  result<void> reset(const config&);

 private:
  std::shared_ptr<const context> context_;
};

// server makes connections of clients. It is a handle: cheap to copy; accept may be called from any thread.
class STLS_EXPORT server {
 public:
  server() noexcept;

  // make compiles the config for servers, or finds it compiled. The config must have a keypair.
  [[nodiscard]] static result<server> make(const config&);

  // accept makes a connection of a client whose bytes the transport carries; nothing is sent or received yet.
  [[nodiscard]] result<connection> accept(transport, buffering = buffering::ahead) const;

  // reset takes another config. Connections that exist keep theirs. On an error nothing changes, and
  // on_warning of the config that is kept is told `config_refused`. If the new config names no ticket_keys it
  // can open the tickets of the old one, so sessions go on.
  result<void> reset(const config&);

 private:
  std::shared_ptr<const context> context_;
  config config_;  // whose ticket keys the next config takes over
};

STLS_NAMESPACE_END
