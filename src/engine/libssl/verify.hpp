// The judgement of a peer's certificate.
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/openssl.hpp"
#include "x509/server_name.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// verify_chain verifies chain, time and name, as the settings say; `name` may be null: no name is verified. After
// a failure the store context holds the code from which libssl takes the alert.
[[nodiscard]] result<void> verify_chain(X509_STORE_CTX*, const settings&, const x509::server_name* name);

STLS_NAMESPACE_END
