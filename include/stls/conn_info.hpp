// What is known about a connection and its peer after the handshake.
#pragma once

#include <stls/export.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// peer_certificate is a certificate as the peer sent it. Whether it was verified depends on the config.
struct peer_certificate {
  std::string subject;  // /C=.../O=.../CN=..., as tls_peer_cert_subject(3); bytes beyond ASCII as \xHH
  std::string issuer;
  std::string common_name;  // the last CN of the subject; empty: none
  // Subject alternative names by kind (RFC 5280 section 4.2.1.6), ASCII, others escaped as \xHH.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // as text: 192.0.2.1, 2001:db8::1
  std::vector<std::string> emails;
  std::vector<std::string> uris;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string hash;  // SHA-256 of the DER, as tls_peer_cert_hash(3): "SHA256:" and 64 hexadecimal digits

  friend bool operator==(const peer_certificate&, const peer_certificate&) = default;
};

// ocsp_info is what the OCSP response said that the server stapled to its certificate (RFC 6960), by the
// names of tls_peer_ocsp_url(3) and its neighbours. Where none came, or none was judged (no verification, a
// resumed session), the numbers are -1.
struct ocsp_info {
  std::string url;           // of the responder, as the peer's certificate has it; empty: none
  int response_status = -1;  // 0: successful, 1: malformed request, 2: internal error, 3: try later, 5, 6
  int cert_status = -1;      // 0: good, 1: revoked, 2: unknown. As the response says; it may not be current
  int crl_reason = -1;       // of a revocation, if it says one: RFC 5280 section 5.3.1
  std::string result;        // the same in a word, e.g. "good"
  std::optional<std::chrono::sys_seconds> this_update;
  std::optional<std::chrono::sys_seconds> next_update;
  std::optional<std::chrono::sys_seconds> revocation_time;

  friend bool operator==(const ocsp_info&, const ocsp_info&) = default;
};

// conn_info is a snapshot: connection::info() makes it once, after the handshake.
struct conn_info {
  std::string engine;       // the provider's name, e.g. "libssl"
  std::string version;      // "TLSv1.2", "TLSv1.3"; "TLSv1" is 1.0
  std::string cipher;       // "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"
  int cipher_strength = 0;  // bits
  std::string group;        // of the key exchange: "X25519", "ffdhe2048"; empty: none
  std::string alpn;         // the protocol agreed on; empty: none
  // The name asked for, without a trailing dot; on a server what SNI said, else empty.
  std::string servername;
  bool resumed = false;

  ocsp_info ocsp;  // client; of the url, both roles

  bool peer_certificate_given = false;
  peer_certificate peer;                           // empty if none was given
  std::vector<std::vector<std::byte>> peer_chain;  // DER of what the peer sent, its own certificate first
  // peer_chain_pem is the same as PEM text, as tls_peer_cert_chain_pem(3).
  [[nodiscard]] STLS_EXPORT std::string peer_chain_pem() const;
};

STLS_NAMESPACE_END
