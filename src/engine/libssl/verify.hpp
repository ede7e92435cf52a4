// The judgement of a peer's certificate.
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/crl.hpp"
#include "engine/libssl/openssl.hpp"
#include "x509/server_name.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// verify_chain verifies chain, time, revocation and name, as the settings say; without `crls` no lists are
// asked, and without `name` no name is verified. After a failure the store context holds the code from which
// libssl takes the alert.
[[nodiscard]] result<void> verify_chain(X509_STORE_CTX*, const settings&, const crl_list* crls,
                                        const x509::server_name* name);

// set_time makes a verification take stls's clock for the time, or none, as the settings say.
void set_time(X509_VERIFY_PARAM*, const settings&);

STLS_NAMESPACE_END
