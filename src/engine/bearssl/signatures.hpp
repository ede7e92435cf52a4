// Signatures of BearSSL: those of certificates, and those of handshakes.
#pragma once

#include "x509/path.hpp"

#include <bearssl.h>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// bearssl_signatures knows RSA (PKCS#1 v1.5) and ECDSA on P-256, P-384 and P-521 with SHA-1 and SHA-2.
class bearssl_signatures final : public x509::signature_verifier {
 public:
  [[nodiscard]] bool verify(const x509::signature_algorithm&, const x509::public_key&, x509::der_view message,
                            x509::der_view signature) const noexcept override;
};

// accept_signatures sets what a connection takes as a signature of its peer in the handshake. BearSSL would
// take SHA-1 in TLS 1.2; TLS 1.0 and 1.1 have nothing better.
void accept_signatures(br_ssl_engine_context&, bool old_versions) noexcept;

// refuse_weak_signing keeps a client of TLS 1.2 whose keypair is set from signing with SHA-1: it shows no
// certificate to a server that takes nothing better, as libssl does. Also where the server takes no key of
// its kind: BearSSL would go on with an RSA key, and sign what it has not hashed.
void refuse_weak_signing(br_ssl_client_context&, int key_type) noexcept;

STLS_NAMESPACE_END
