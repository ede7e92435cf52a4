#include "engine/libssl/tickets.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "config/ticket_keys.hpp"
#include "engine/libssl/asn1_time.hpp"
#include "engine/libssl/engine.hpp"
#include "engine/libssl/errors.hpp"
#include "engine/libssl/sessions.hpp"
#include "engine/registry.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

STLS_NAMESPACE_BEGIN

namespace {

const settings& settings_of(SSL* ssl) noexcept { return libssl_engine::settings_of(ssl); }

bool set_mac(EVP_MAC_CTX* mac, std::string_view key) noexcept {
  std::array<char, 7> sha256{"SHA256"};
  const std::array<OSSL_PARAM, 2> digest = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256.data(), 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_init(mac, reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data()) ==
         1;
}

const unsigned char* octets(std::string_view key) noexcept {
  return reinterpret_cast<const unsigned char*>(key.data());
}

// libssl's callback for both directions; what it answers: below 0 an error, 0 no ticket, 1 fine, 2 fine and
// the ticket shall be replaced.
int seal_or_open(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int sealing) noexcept {
  const settings& set = settings_of(ssl);
  try {
    keyring::body& ring = *set.tickets.shared();
    if (sealing == 1) {
      const auto key = ring.to_seal(set.session_lifetime);
      if (!key) return 0;
      std::memcpy(name, key->name.data(), key->name.size());
      if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
      return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, octets(key->aes()), iv) == 1 &&
                     set_mac(mac, key->hmac())
                 ? 1
                 : -1;
    }
    const auto found = ring.to_open(std::as_bytes(std::span(name, ticket_name_size)), set.session_lifetime);
    if (!found) return 0;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, octets(found->key.aes()), iv) != 1 ||
        !set_mac(mac, found->key.hmac())) {
      return -1;
    }
    return found->newest ? 1 : 2;
  } catch (...) {
    return -1;
  }
}

// When the session began, by stls's clock, travels in the ticket. A resumed session keeps its first date: a
// chain of resumptions shall not stretch the lifetime.
int write_date(SSL* ssl, void* /*unused*/) noexcept {
  SSL_SESSION* current = SSL_get_session(ssl);
  void* there = nullptr;
  std::size_t size = 0;
  if (SSL_SESSION_get0_ticket_appdata(current, &there, &size) == 1 && size == sizeof(std::int64_t)) return 1;
  const std::int64_t date = std::chrono::system_clock::to_time_t(now());
  return SSL_SESSION_set1_ticket_appdata(current, &date, sizeof date);
}

bool too_old(SSL_SESSION* opened, const settings& set) noexcept {
  void* there = nullptr;
  std::size_t size = 0;
  std::int64_t date = 0;
  if (SSL_SESSION_get0_ticket_appdata(opened, &there, &size) != 1 || size != sizeof date) {
    return false;  // sealed by a server of another make, which shares the key; its age is that of the key
  }
  std::memcpy(&date, there, sizeof date);
  const std::int64_t current = std::chrono::system_clock::to_time_t(now());
  return current < date || current - date >= set.session_lifetime.count();
}

// A client's certificate was verified when the session began. It may have expired since.
bool certificate_expired(SSL_SESSION* opened, const settings& set) noexcept {
  const X509* peer = SSL_SESSION_get0_peer(opened);
  if (peer == nullptr || !set.verify_time) return false;
  const auto until = seconds_of(X509_get0_notAfter(peer));
  return !until || now_in_seconds() > *until;
}

SSL_TICKET_RETURN read_date(SSL* ssl, SSL_SESSION* opened, const unsigned char* /*name*/,
                            std::size_t /*size*/, SSL_TICKET_STATUS status, void* /*unused*/) noexcept {
  switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
      break;
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
      return SSL_TICKET_RETURN_ABORT;
  }
  const settings& set = settings_of(ssl);
  if (too_old(opened, set) || certificate_expired(opened, set)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  // A ticket of TLS 1.3 is used once (RFC 8446 appendix C.4), so the client needs the next. libssl sees to
  // that only where it seals tickets with keys of its own.
  const bool single_use = SSL_SESSION_get_protocol_version(opened) >= TLS1_3_VERSION;
  return status == SSL_TICKET_SUCCESS && !single_use ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

result<void> set_tickets(SSL_CTX* ctx, const settings& set) {
  if (set.session_lifetime.count() == 0) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return {};
  }
  // The context says which sessions are good here. Equal servers have equal ones, so they resume each
  // other's.
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> id{};
  if (set.session_id.empty()) {
    const settings_identity identity = identity_of(set, role::server, libssl_provider());
    std::memcpy(id.data(), identity.data(), std::min(id.size(), identity.size()));
  } else {
    std::memcpy(id.data(), set.session_id.data(), std::min(id.size(), set.session_id.size()));
  }
  if (SSL_CTX_set_session_id_context(ctx, id.data(), static_cast<unsigned>(id.size())) != 1) {
    return fail(library_error("SSL_CTX_set_session_id_context"));
  }
  // The cache serves TLS 1.2 clients that know no tickets; all others carry their sessions themselves.
  constexpr long most_cached = 1024;
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(ctx, most_cached);
  SSL_CTX_set_timeout(ctx, static_cast<long>(set.session_lifetime.count()));
  SSL_CTX_set_num_tickets(ctx, 2);  // libssl's default: a client that reconnects twice at once finds both
  if (SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, seal_or_open) != 1 ||
      SSL_CTX_set_session_ticket_cb(ctx, write_date, read_date, nullptr) != 1) {
    return fail(library_error("SSL_CTX_set_session_ticket_cb"));
  }
  return {};
}

STLS_NAMESPACE_END
