// The option table: the 24 options of libtls by its names, and those that stls adds.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/keyring.hpp>
#include <stls/sign_request.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

struct handshake_event;

// material is the content of an option that is a document: a certificate, a key, a staple. It is either held
// here as text, or named by a file that is read when the config is made, and never again. At most 16 MiB.
//
// Text is wiped when the material is destroyed, since it may be a private key.
class STLS_EXPORT material {
 public:
  material() noexcept = default;  // not given
  material(const material&) = default;
  material(material&& other) noexcept;
  material& operator=(const material& other);
  material& operator=(material&& other) noexcept;
  ~material();

  [[nodiscard]] static material file(std::string path);
  [[nodiscard]] static material text(std::string_view content);
  [[nodiscard]] static material bytes(std::span<const std::byte> content);

  [[nodiscard]] bool given() const noexcept { return kind_ != kind::none; }
  [[nodiscard]] bool is_file() const noexcept { return kind_ == kind::file; }
  // content is the path of a file or the text itself.
  [[nodiscard]] const std::string& content() const noexcept { return content_; }

 private:
  enum class kind : std::uint8_t { none, file, text };
  material(kind k, std::string content) noexcept : kind_(k), content_(std::move(content)) {}

  kind kind_ = kind::none;
  std::string content_;
};

// PEM documents (RFC 7468): CRLF, text before and after, and several objects in one are normal.
using pem = material;

// keypair is a certificate, its private key, and the OCSP response to staple to it.
struct keypair {
  pem cert{};              // the certificate, then the intermediates that lead to its root
  pem key{};               // PKCS#8, PKCS#1 or SEC1; encrypted: with options::key_password
  material ocsp_staple{};  // DER; see options::ocsp_staple
};

// warning is something that works now but that somebody should look at.
struct warning {
  enum class severity : std::uint8_t { notice, warning, serious };
  severity level = severity::notice;
  std::string_view code;  // a stable word, e.g. "certificate_expired"
  std::string message;    // a sentence, as in error
};

// options says what a config shall be. Every option works or fails loudly in config::make; none is ever
// silently ignored. Each says whose it is: a shared config may hold options of both roles, and those of the
// other role are checked but have no effect.
//
// Lists are separated by commas, colons or blanks. An empty string means the default. What is not yet in
// effect in this version is refused as `not yet supported`.
struct options {
  // -- libtls's 24, in its order --

  // Application protocols in order of preference, separated by commas alone, e.g. "h2,http/1.1" (RFC 7301).
  // Items of 1 to 255 bytes. The server's order decides; where none is common the server answers
  // no_application_protocol; a client that offers none is served. Both roles.
  std::string alpn{};
  // Trusted root certificates instead of the system's. Any number of them. Both roles.
  pem ca{};
  // The certificate of the first keypair, followed by its intermediates. A server must have one; a client
  // shows it when asked. Both roles.
  pem cert{};
  pem key{};
  // An OCSP response for the certificate (RFC 6960), in DER, at most 65000 bytes; sent along with the
  // certificate to clients that ask for it (RFC 6066 section 8). What is no response is refused; one that has
  // expired, is for another certificate or says `revoked` is reported to on_warning: clients that require
  // stapling will not accept it. Server.
  material ocsp_staple{};
  // Certificate revocation lists, one or several (X509 CRL), against which each certificate of the peer's
  // chain is checked, the intermediates too: each issuer must have a list there, and it must be current. A
  // peer whose certificate is on one is errc::certificate_revoked; a list that is missing or too old is
  // errc::revocation_unknown; on_warning tells of the latter when the config is made. Contradicts
  // insecure_noverifycert. Both roles.
  pem crl{};
  // Further keypairs. A server shows the one whose certificate names the server name that the client asked
  // for: an exact name first, then a wildcard of one label, else the first keypair of all. Both roles; a
  // client shows the first.
  std::vector<keypair> keypairs{};
  // The keys that seal session tickets, the oldest first, at most 4; or a keyring. Servers that share them
  // resume each other's sessions. Default: random keys of this config's own, rotated by stls. Server.
  ticket_key_source ticket_keys{};
  // Cipher suites: one of four words, a list of names, or an expression. Both roles.
  //
  // secure (the default): TLS 1.3's, and of TLS 1.2 those with forward secrecy and AEAD; where protocols is
  // an old version, which has no AEAD, forward secrecy with AES.
  //
  // compat: also CBC and RSA key exchange.
  //
  // legacy: also ARIA, CAMELLIA, 3DES.
  //
  // insecure (= all): everything that authenticates and encrypts.
  //
  // Names in order of preference, IANA's or OpenSSL's in any case, e.g. "ECDHE-RSA-AES128-GCM-SHA256". Names
  // of TLS 1.3 choose its suites; without one it keeps its default. Without a name of an earlier version only
  // TLS 1.3 remains.
  //
  // Expressions in OpenSSL's language, e.g. "ECDHE+AESGCM:!aNULL", need capabilities::cipher_expressions;
  // @SECLEVEL is refused.
  //
  // Names that the engine or other options leave no place for are dropped, which config::describe() and
  // on_warning tell; an error if nothing is left. Suites without certificate or encryption are never in
  // effect, and no value lowers the security level.
  std::string ciphers{};
  // Key exchange with finite fields (DHE) in TLS 1.2 and before: none (the default), so that its suites are
  // not in effect; auto: as strong as the certificate's key; legacy: always 2048 bits (libtls's 1024 are too
  // weak). A client takes what the server has, from 2048 bits on. Both roles.
  std::string dheparams{};
  // One group for the key exchange, or auto (the default), or none: no ECDHE at all, which TLS 1.3 cannot do.
  // Names: X25519, P-256 (= prime256v1 = secp256r1), P-384, P-521, X448, X25519MLKEM768, SecP256r1MLKEM768,
  // SecP384r1MLKEM1024. In TLS 1.2 and before, the curve of an EC certificate must be among those of both
  // sides, too (RFC 8422 section 5.1). Both roles.
  std::string ecdhecurve{};
  // Groups in order of preference instead of one. Names that the engine lacks are dropped, which
  // config::describe() shows; an error if nothing is left. Default: X25519MLKEM768 where the engine has it,
  // X25519, P-256, P-384. Both roles.
  std::string ecdhecurves{};
  // Versions: tlsv1.2, tlsv1.3, and the words all, secure, default, legacy, which all mean these two, the
  // default; "!tlsv1.2" takes one away. Both roles.
  //
  // tlsv1.0, tlsv1.1 or both stand alone, never beside the new ones: with them the config accepts handshakes
  // signed with SHA-1 and MD5, of which on_warning tells; certificates and keys are judged as ever.
  std::string protocols{};
  // The greatest number of intermediate certificates between the peer's and the root: 0 to 100. Both roles.
  int verify_depth = 6;
  // Whose order of ciphers decides: the client's or, which is the default, the server's. Where `ciphers` is a
  // word, the server still gives ChaCha20 to a client that puts it first, since that has no AES in hardware.
  // Server.
  bool prefer_ciphers_client = false;
  bool prefer_ciphers_server = false;
  bool insecure_noverifycert = false;  // do not verify the peer's certificate, nor its name. Both roles
  bool insecure_noverifyname = false;  // do not verify that the certificate names the server. Client
  bool insecure_noverifytime = false;  // do not verify the validity period of certificates. Both roles
  // Require the server to staple a good OCSP response: signed by the issuer of its certificate, or by a
  // responder to whom that issuer gave a certificate for this; valid now, within a minute, and until a time
  // that it names; at most 14 days old. Anything else is errc::revocation_unknown. Resumed sessions, where
  // nothing is stapled, are exempt: their certificate was judged when they began. Contradicts
  // insecure_noverifycert. Client.
  bool ocsp_require_stapling = false;
  // Require a certificate of the client and verify it. Needs ca, ca_path or ca_system. Server.
  bool verify_client = false;
  // Ask for a certificate of the client; verify it if one is sent. Needs the same. Server.
  bool verify_client_optional = false;
  // Names the sessions that are good here, at most 32 bytes. Who sets it vouches that all servers with this
  // id verify their clients alike. Default: a hash of verify_client*, the roots and verify_depth. Server.
  std::string session_id{};
  // How long a session can be resumed: 0 (none) to 7 days. Default: 2 hours. Server.
  std::optional<std::chrono::seconds> session_lifetime{};

  // -- stls's own --

  // The TLS engine: a name of providers(). Default: $STLS_ENGINE, else the first built. Both roles.
  std::string engine{};
  // A directory of trusted root certificates in files named by hash, as `openssl rehash` makes them, read
  // whole when the config is made. Both roles.
  std::string ca_path{};
  // Trust the system's roots in addition to ca and ca_path. Both roles.
  bool ca_system = false;
  // Decrypts encrypted private keys. Both roles.
  std::string key_password{};
  // Signs for keypairs that have a certificate and no key: with RSA and EC keys that stls never sees, e.g. in
  // a security module, or in another process that has them in a config (config::sign). Called inside
  // handshakes, by any thread, also by several at once; it blocks its thread, a loop's with all its sockets,
  // and must not call into the connection. An error or an exception of it ends the handshake:
  // errc::handshake_failed, `handshake failed: sign: ` and its sentence. So does a signature that is not
  // that of the certificate's key. Such a key cannot decrypt: RSA key exchange is left out. Needs
  // capabilities::external_keys. Both roles.
  sign_function sign{};
  // How many sessions are kept for resumption, in the config, shared by its copies. 0 turns resumption off.
  // Default: 1024. A session is resumed only for the same servername, never after it or the server's
  // certificate has expired, and those of TLS 1.3 once. Client.
  std::optional<std::size_t> sessions{};
  // Receives each session that can be resumed later, as connection::export_session gives it, for a client
  // that persists them; with `sessions` of 0 that is all that becomes of one. It holds keys. Of several
  // tickets that one verb received only the last is given. Called as keylog is. Client.
  std::function<void(std::string_view servername, std::span<const std::byte> session)> on_session{};
  // Ask the server for an OCSP staple, wherever its certificate is verified. One that says `revoked` is
  // final: errc::certificate_revoked. One that proves nothing is reported to on_warning, unless
  // ocsp_require_stapling. Left out where the engine cannot. Client.
  bool ocsp_request = true;
  // Receives the secrets of each connection as lines of an NSS key log file, without line ends, e.g. for
  // Wireshark. Whoever has them can read the connections. Called by the verb that made them before it
  // returns, from any thread that uses the config, never inside a transport's callback; it must not call into
  // the connection. Both roles.
  std::function<void(std::string_view line)> keylog{};
  // Receives one event per handshake that began, also when it failed or was given up; see
  // handshake_event.hpp. Called as keylog is, or by the connection's destructor. Both roles.
  std::function<void(const handshake_event&)> on_handshake{};
  // Receives warnings, from any thread that uses the config, never inside a transport's callback, each code
  // at most once a minute. By default nothing is ever printed. Both roles.
  std::function<void(const warning&)> on_warning{};
  std::string revocation{};                               // off, soft, hard. Not yet supported
  std::string crlite_dir{};                               // not yet supported
  std::vector<std::span<const std::byte>> crlite_data{};  // not yet supported
  material deny_list{};                                   // not yet supported
};

STLS_NAMESPACE_END
