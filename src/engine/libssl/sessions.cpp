#include "engine/libssl/sessions.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/asn1_time.hpp"
#include "engine/libssl/digest.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

STLS_NAMESPACE_BEGIN

namespace {

using std::chrono::hours;
using std::chrono::seconds;

// RFC 8446 section 4.6.1: no ticket lives longer.
constexpr seconds longest = hours(24 * 7);
// RFC 5077 section 3.3 leaves a hint of 0 to the client.
constexpr seconds without_a_hint = hours(2);

constexpr std::string_view magic = "stls-session-1\n";

std::span<const std::byte> as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

void put(bytes& into, std::span<const std::byte> from) { into.insert(into.end(), from.begin(), from.end()); }

void put_number(bytes& into, std::uint64_t number) {
  for (unsigned shift = 64; shift != 0;) into.push_back(static_cast<std::byte>(number >> (shift -= 8)));
}

std::uint64_t as_number(std::chrono::sys_seconds time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

// A cursor over exported bytes, which may come from anywhere.
struct cursor {
  std::span<const std::byte> left;

  std::optional<std::span<const std::byte>> take(std::uint64_t n) noexcept {
    if (n > left.size()) return std::nullopt;
    const auto taken = left.first(static_cast<std::size_t>(n));
    left = left.subspan(static_cast<std::size_t>(n));
    return taken;
  }
  std::optional<std::uint64_t> number() noexcept {
    const auto taken = take(sizeof(std::uint64_t));
    if (!taken) return std::nullopt;
    std::uint64_t n = 0;
    for (const std::byte b : *taken) n = n << 8U | std::to_integer<std::uint64_t>(b);
    return n;
  }
};

tl::unexpected<error> not_a_session() {
  return fail(errc::invalid_argument, "session: not an exported session");
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void add_revocation(digest& all, const settings& set) {
  const std::array rules = {static_cast<std::byte>(set.ocsp_require_stapling)};
  all.add(rules);
  if (!set.crls) return;
  for (const bytes& der : set.crls->lists) all.add(der);
}

}  // namespace

settings_identity identity_of(const settings& set) {
  digest all;
  all.add(as_bytes(to_string(set.versions)));
  for (const cipher_suite* suite : set.ciphers.suites) all.add(as_bytes(suite->name));
  for (const std::string& protocol : set.alpn) all.add(as_bytes(protocol));
  const std::array rules = {static_cast<std::byte>(set.verify_cert), static_cast<std::byte>(set.verify_name),
                            static_cast<std::byte>(set.verify_time), static_cast<std::byte>(set.verify_depth),
                            static_cast<std::byte>(set.verify_client)};
  all.add(rules);
  for (const auto& bundle : roots_of(set).value_or(anchor_bundles())) {
    for (const bytes& der : bundle->certificates) all.add(der);
  }
  add_revocation(all, set);
  if (!set.keypairs.empty()) {
    for (const bytes& der : set.keypairs.front().chain) all.add(der);
  }
  return all.sum();
}

settings_identity identity_of(const settings& set, for_server /*role*/) {
  digest all;
  const std::array rules = {static_cast<std::byte>(set.verify_client),
                            static_cast<std::byte>(set.verify_time),
                            static_cast<std::byte>(set.verify_depth)};
  all.add(rules);
  if (set.verify_client == client_certificate::none) return all.sum();
  for (const auto& bundle : set.anchors) {
    for (const bytes& der : bundle->certificates) all.add(der);
  }
  add_revocation(all, set);
  return all.sum();
}

std::chrono::sys_seconds good_until(const SSL_SESSION* kept, const settings& set) {
  const unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(kept);
  const seconds life = hint == 0 ? without_a_hint : std::min<seconds>(seconds(hint), longest);
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

bytes export_session(const SSL_SESSION* kept, const settings& set, const settings_identity& identity,
                     std::string_view servername) {
  const int size = i2d_SSL_SESSION(kept, nullptr);
  if (size <= 0) throw std::bad_alloc();
  bytes exported;
  exported.reserve(magic.size() + identity.size() + 16 + servername.size() + static_cast<std::size_t>(size));
  put(exported, as_bytes(magic));
  put(exported, identity);
  put_number(exported, as_number(good_until(kept, set)));
  put_number(exported, servername.size());
  put(exported, as_bytes(servername));
  const std::size_t asn1 = exported.size();
  exported.resize(asn1 + static_cast<std::size_t>(size));
  auto* into = reinterpret_cast<unsigned char*>(exported.data() + asn1);
  i2d_SSL_SESSION(kept, &into);
  return exported;
}

result<std::shared_ptr<const libssl_session>> import_session(std::span<const std::byte> exported,
                                                             const settings_identity& identity,
                                                             std::string_view servername) {
  cursor in{exported};
  const auto word = in.take(magic.size());
  if (!word || !same(*word, as_bytes(magic))) return not_a_session();
  const auto made_with = in.take(identity.size());
  const auto until = in.number();
  const auto name_size = in.number();
  const auto name = name_size ? in.take(*name_size) : std::nullopt;
  if (!made_with || !until || !name) return not_a_session();
  if (!same(*name, as_bytes(servername))) return fail(errc::invalid_argument, "session: of another server");
  if (!same(*made_with, identity)) return fail(errc::invalid_argument, "session: made with other settings");
  const auto* data = reinterpret_cast<const unsigned char*>(in.left.data());
  const auto* const end = data + in.left.size();
  ssl_session_ptr kept(d2i_SSL_SESSION(nullptr, &data, static_cast<long>(in.left.size())));
  ERR_clear_error();
  if (!kept || data != end) return not_a_session();
  if (*until <= as_number(now_in_seconds()) || *until > as_number(now_in_seconds() + longest))
    return std::shared_ptr<const libssl_session>();
  return std::make_shared<const libssl_session>(std::move(kept));
}

STLS_NAMESPACE_END
