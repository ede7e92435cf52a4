#include "engine/libssl/sessions.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/secret.hpp"
#include "engine/libssl/asn1_time.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <new>

STLS_NAMESPACE_BEGIN

namespace {

using std::chrono::hours;
using std::chrono::seconds;

// RFC 5077 section 3.3 leaves a hint of 0 to the client.
constexpr seconds without_a_hint = hours(2);

}  // namespace

std::chrono::sys_seconds good_until(const SSL_SESSION* kept, const settings& set) {
  const unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(kept);
  const seconds life = hint == 0 ? without_a_hint : std::min<seconds>(seconds(hint), longest_session);
  const auto until = now_in_seconds() + life;
  const X509* peer = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(kept));
  if (!set.verify_cert || !set.verify_time || peer == nullptr) return until;
  // The session must not outlive the certificate that it stands for.
  return std::min(until, seconds_of(X509_get0_notAfter(peer)).value_or(until));
}

session_store::use use_of(const SSL_SESSION* kept) noexcept {
  return SSL_SESSION_get_protocol_version(kept) >= TLS1_3_VERSION ? session_store::use::once
                                                                  : session_store::use::often;
}

bytes export_session(const SSL_SESSION* kept, const settings& set, const session_owner& owner) {
  const int size = i2d_SSL_SESSION(kept, nullptr);
  if (size <= 0) throw std::bad_alloc();
  bytes asn1(static_cast<std::size_t>(size));
  auto* into = reinterpret_cast<unsigned char*>(asn1.data());
  i2d_SSL_SESSION(kept, &into);
  bytes exported = wrap(owner, good_until(kept, set), asn1);
  wipe(asn1);
  return exported;
}

result<std::shared_ptr<const session>> import_libssl_session(std::span<const std::byte> exported,
                                                             const session_owner& owner) {
  const auto opened = unwrap(exported, owner);
  if (!opened) return fail(opened.error());
  if (!*opened) return std::shared_ptr<const session>();
  const auto inside = (*opened)->inside;
  const auto* data = reinterpret_cast<const unsigned char*>(inside.data());
  const auto* const end = data + inside.size();
  ssl_session_ptr kept(d2i_SSL_SESSION(nullptr, &data, static_cast<long>(inside.size())));
  ERR_clear_error();
  if (!kept || data != end) return not_a_session();
  return std::make_shared<const libssl_session>(std::move(kept));
}

STLS_NAMESPACE_END
