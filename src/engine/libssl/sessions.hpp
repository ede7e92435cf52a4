// Sessions of libssl: kept by clients, exported and imported.
#pragma once

#include "base/pem.hpp"
#include "config/settings.hpp"
#include "engine/libssl/openssl.hpp"
#include "engine/session_envelope.hpp"
#include "engine/session_store.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

STLS_NAMESPACE_BEGIN

using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_deleter<SSL_SESSION_free>>;

struct libssl_session final : session {
  explicit libssl_session(ssl_session_ptr s) noexcept : ssl_session(std::move(s)) {}
  ssl_session_ptr ssl_session;
};

// good_until bounds a session by the server's word and by the validity of its certificate.
[[nodiscard]] std::chrono::sys_seconds good_until(const SSL_SESSION*, const settings&);

[[nodiscard]] session_store::use use_of(const SSL_SESSION*) noexcept;

// The exported form holds libssl's own ASN.1.
[[nodiscard]] bytes export_session(const SSL_SESSION*, const settings&, const session_owner&);
// Errors are those of unwrap. A session that is too old is none: a null pointer.
[[nodiscard]] result<std::shared_ptr<const session>> import_libssl_session(std::span<const std::byte>,
                                                                           const session_owner&);

STLS_NAMESPACE_END
