// What a session depends on besides the server's name.
#pragma once

#include "config/settings.hpp"

#include <stls/engine.hpp>
#include <stls/export.hpp>
#include <stls/role.hpp>

#include <array>
#include <cstddef>

STLS_NAMESPACE_BEGIN

// settings_identity is a SHA-256 of settings. Sessions are resumed under the same identity only.
using settings_identity = std::array<std::byte, 32>;

// identity_of is for a client of what was verified and against which roots, its own certificate, ALPN,
// versions and ciphers; for a server of what it verifies of its clients, but not of its own certificate: a
// renewed one ends no session.
[[nodiscard]] settings_identity identity_of(const settings&, role, const provider&);

STLS_NAMESPACE_END
