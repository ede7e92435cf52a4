// Session tickets of a server on libssl.
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// set_tickets makes an SSL_CTX seal and open tickets with the keyring of the settings, which must outlive it,
// or turns sessions off where their lifetime is 0.
[[nodiscard]] result<void> set_tickets(SSL_CTX*, const settings&);

STLS_NAMESPACE_END
