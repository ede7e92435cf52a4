// raw_peer: an end of TLS made of libssl alone, without stls, which can do what stls never would.
#pragma once

#include "support/bytes.hpp"
#include "support/memory_pair.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {

// Versions as they stand on the wire.
inline constexpr int tls1_0_wire = 0x0301;
inline constexpr int tls1_1_wire = 0x0302;
inline constexpr int tls1_2_wire = 0x0303;
inline constexpr int tls1_3_wire = 0x0304;

// raw_session is one that a raw client made.
using raw_session = std::shared_ptr<void>;

struct raw_options {
  role end = role::server;
  int min_version = tls1_2_wire;
  int max_version = tls1_3_wire;
  std::string certificate{};         // name of a pair of the PKI; a server's default is "server"
  std::string cert_pem{};            // or these texts. Nothing of them is judged: any chain is sent as it is,
  std::string key_pem{};             // and the key, which signs, may be any other's than the certificate's
  std::string ca{};                  // a file of the PKI to verify the peer by; empty: nothing is verified
  bool ask_certificate = false;      // server
  bool require_certificate = false;  // server
  std::string servername{};          // client: SNI
  std::vector<std::string> alpn{};   // client: offers; server: chooses the first, whatever was offered
  std::string ciphers =
      "ALL:@SECLEVEL=0";            // TLS 1.2 and before; empty: nothing is set, all is libssl's default
  std::string client_signatures{};  // of client certificates: what a server takes, a client gives
  std::string groups{};
  std::string dh_params{};        // server: PEM, for DHE
  int tickets = 2;                // server, TLS 1.3: sent after the handshake
  std::optional<bytes> staple{};  // server: sent to clients that ask; whatever it is
  bool ask_staple = false;        // client
  raw_session session{};          // client: is offered, whatever it was made for
};

class raw_peer {
 public:
  raw_peer(pipe_end& wire, const raw_options&);
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;
  ~raw_peer();

  // The verbs of an actor.
  io_result handshake();
  io_result recv(std::span<std::byte> into);
  io_result send(std::span<const std::byte> from);
  io_result shutdown();  // sends close_notify
  io_result close();     // the same
  [[nodiscard]] error failure() const;
  [[nodiscard]] std::size_t moved() const noexcept;
  void settle();
  void hang_up() noexcept;

  // What stls never does. Each is sent at once, as far as the wire has room.
  io_result key_update(bool ask_the_peer_too);  // TLS 1.3
  io_result send_ticket();                      // TLS 1.3, server
  io_result renegotiate();                      // TLS 1.2: asks for it; then repeat handshake()

  // What was seen.
  [[nodiscard]] const std::vector<std::string>& alerts() const noexcept;  // received, by RFC 8446's names
  [[nodiscard]] std::size_t handshakes() const noexcept;                  // Finished messages received
  [[nodiscard]] std::size_t key_updates() const noexcept;                 // received
  [[nodiscard]] std::string version() const;
  [[nodiscard]] std::string cipher() const;
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] std::string servername() const;  // server: the SNI that came
  [[nodiscard]] std::string peer_common_name() const;
  [[nodiscard]] bool was_asked_for_staple() const noexcept;  // server
  [[nodiscard]] bytes staple() const;                        // client: what came; empty: nothing
  [[nodiscard]] raw_session session() const;                 // client
  [[nodiscard]] bool resumed() const;

 private:
  struct body;
  std::unique_ptr<body> body_;
};

// openssl_version is that of the library the tests run with.
std::string openssl_version();

// made_certificate is a certificate and its key, as PEM.
struct made_certificate {
  std::string cert{};
  std::string key{};
};

struct certificate_wish {
  std::string key = "P-256";  // or "RSA-" and the bits
  std::string common_name = "localhost";
  std::string names = "DNS:localhost";  // as in x509v3_config(5); empty: none
  bool authority = false;
  std::string digest = "SHA256";
  std::string not_after{};  // as in ASN.1, e.g. "99991231235959Z"; empty: in 30 days
};

// make_certificate makes one, signed by `issuer`, or by itself.
made_certificate make_certificate(const certificate_wish&, const made_certificate* issuer = nullptr);

// certificates_in gives the DER of the certificates in a PEM file.
std::vector<bytes> certificates_in(const std::string& path);

// sha256_hex is what `openssl dgst -sha256` prints.
std::string sha256_hex(std::span<const std::byte> data);

}  // namespace stls::test
