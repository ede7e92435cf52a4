// Sessions of libssl: kept by clients, exported and imported.
#pragma once

#include "base/pem.hpp"
#include "config/settings.hpp"
#include "engine/libssl/openssl.hpp"
#include "engine/session_store.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_deleter<SSL_SESSION_free>>;

struct libssl_session final : session {
  explicit libssl_session(ssl_session_ptr s) noexcept : ssl_session(std::move(s)) {}
  ssl_session_ptr ssl_session;
};

// settings_identity is a SHA-256 of all that a session depends on besides the server's name: what was
// verified and against which roots, the own certificate, ALPN, versions. Sessions are resumed under the same
// identity only.
using settings_identity = std::array<std::byte, 32>;
[[nodiscard]] settings_identity identity_of(const settings&);
// The same for a server: what it verifies of its clients. Not its own certificate: a renewed one ends no
// session.
struct for_server {};
[[nodiscard]] settings_identity identity_of(const settings&, for_server);

// good_until bounds a session by the server's word and by the validity of its certificate.
[[nodiscard]] std::chrono::sys_seconds good_until(const SSL_SESSION*, const settings&);

[[nodiscard]] session_store::use use_of(const SSL_SESSION*) noexcept;

// The exported form: a magic word, the identity, until when, the servername, and libssl's own ASN.1. It holds
// the keys of the session.
[[nodiscard]] bytes export_session(const SSL_SESSION*, const settings&, const settings_identity&,
                                   std::string_view servername);
// Errors (invalid_argument): not an exported session; for another server; made with other settings. A session
// that is too old is none: a null pointer.
[[nodiscard]] result<std::shared_ptr<const libssl_session>> import_session(std::span<const std::byte>,
                                                                           const settings_identity&,
                                                                           std::string_view servername);

STLS_NAMESPACE_END
