// What stls itself reads in an X.509 certificate (RFC 5280 section 4.1).
#pragma once

#include "x509/alt_names.hpp"
#include "x509/der.hpp"

#include <stls/conn_info.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

struct extension {
  der_view oid;  // content octets
  bool critical = false;
  der_view value;  // inside the OCTET STRING
};

// certificate is a parsed certificate; its views point into the DER that it was parsed from.
struct certificate {
  der_view whole;
  der_view tbs;  // TBSCertificate, the whole SEQUENCE
  der_view
      signature_algorithm;  // AlgorithmIdentifier, the whole SEQUENCE; the same inside and outside of tbs
  der_view signature;       // octets; empty if its bits do not fill octets
  unsigned version = 1;     // 1 to 3
  der_view serial;          // content octets of the INTEGER, a leading 00 included
  der_view issuer;          // Name, the whole SEQUENCE
  der_view subject;         // Name, the whole SEQUENCE
  der_view public_key;      // SubjectPublicKeyInfo, the whole SEQUENCE
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::vector<extension> extensions;
  alt_names names;  // of the subjectAltName extension; empty if there is none

  // find gives the extension of this OID (content octets), or a null pointer.
  [[nodiscard]] const extension* find(der_view oid) const noexcept;
};

// parse_certificate reads one certificate, and nothing may follow it. Errors (bad_pem): `not a certificate:
// ...`. Versions 1 to 3; each extension at most once; times in both forms, with seconds and Z as RFC 5280 has
// them.
[[nodiscard]] result<certificate> parse_certificate(der_view der);

// describe fills what connection::info() says of a peer's certificate, but for the hash.
[[nodiscard]] peer_certificate describe(const certificate&);

}  // namespace x509

STLS_NAMESPACE_END
