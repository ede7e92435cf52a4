// The judgement of a peer's certificate.
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/crl.hpp"
#include "engine/libssl/openssl.hpp"
#include "x509/server_name.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdint>

STLS_NAMESPACE_BEGIN

// key_use is what the handshake needs the peer's key for. A certificate may forbid either (RFC 8446 section
// 4.4.2.2, RFC 5246 section 7.4.2), about which libssl asks only with ECDSA and TLS 1.2.
enum class key_use : std::uint8_t { signature, encipherment };

// verify_chain verifies chain, time, use, revocation and name, as the settings say; without `crls` no lists
// are asked, and without `name` no name is verified. After a failure the store context holds the code from
// which libssl takes the alert.
[[nodiscard]] result<void> verify_chain(X509_STORE_CTX*, const settings&, key_use, const crl_list* crls,
                                        const x509::server_name* name);

// set_time makes a verification take stls's clock for the time, or none, as the settings say.
void set_time(X509_VERIFY_PARAM*, const settings&);

STLS_NAMESPACE_END
