// Sessions of BearSSL: kept by clients, exported and imported.
#pragma once

#include "config/settings.hpp"
#include "engine/bearssl/verifier.hpp"
#include "engine/session_envelope.hpp"
#include "engine/session_store.hpp"

#include <bearssl.h>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <memory>

STLS_NAMESPACE_BEGIN

// bearssl_session is what both sides remember. The chain is the peer's, of the handshake that was a full one:
// a resumed one has none.
struct bearssl_session final : session {
  bearssl_session(const br_ssl_session_parameters& p, std::shared_ptr<const peer_chain> c,
                  std::chrono::sys_seconds until) noexcept
      : parameters(p), chain(std::move(c)), good_until(until) {}
  bearssl_session(const bearssl_session&) = delete;
  bearssl_session& operator=(const bearssl_session&) = delete;
  ~bearssl_session() override;

  br_ssl_session_parameters parameters;
  std::shared_ptr<const peer_chain> chain;  // null: none was given
  std::chrono::sys_seconds good_until;
};

// TLS 1.2 has no word for how long a session without a ticket may be used. This is what servers of libssl
// give.
inline constexpr std::chrono::hours longest_of_a_client(2);

// good_until bounds a new session by a lifetime and, if times matter, by the validity of the peer's
// certificate, for which it stands.
[[nodiscard]] std::chrono::sys_seconds good_until(std::chrono::seconds lifetime, bool times_matter,
                                                  const peer_chain*);

[[nodiscard]] bytes export_session(const bearssl_session&, const session_owner&);
// Errors are those of unwrap. A session that is too old is none: a null pointer.
[[nodiscard]] result<std::shared_ptr<const session>> import_bearssl_session(std::span<const std::byte>,
                                                                            const session_owner&);

STLS_NAMESPACE_END
