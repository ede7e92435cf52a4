// What a server prefers among that which a client offers.
#pragma once

#include "config/settings.hpp"

#include <bearssl.h>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// set_preferences puts the suites of a ClientHello in the order of the settings, and leaves of its groups the
// one that is preferred; BearSSL has an order of its own for these. It is called before BearSSL chooses.
void set_preferences(br_ssl_server_context&, const settings&) noexcept;

STLS_NAMESPACE_END
