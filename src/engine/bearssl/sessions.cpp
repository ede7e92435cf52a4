#include "engine/bearssl/sessions.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/secret.hpp"
#include "engine/bearssl/octets.hpp"
#include "x509/certificate.hpp"

#include <algorithm>
#include <array>
#include <cstring>

STLS_NAMESPACE_BEGIN

bearssl_session::~bearssl_session() { wipe(std::as_writable_bytes(std::span(&parameters, 1))); }

std::chrono::sys_seconds good_until(std::chrono::seconds lifetime, bool times_matter,
                                    const peer_chain* chain) {
  const std::chrono::sys_seconds until = now_in_seconds() + lifetime;
  if (!times_matter || chain == nullptr) return until;
  const auto leaf = x509::parse_certificate(chain->front());
  return leaf ? std::min(until, leaf->not_after) : until;
}

bytes export_session(const bearssl_session& kept, const session_owner& owner) {
  const br_ssl_session_parameters& p = kept.parameters;
  constexpr std::size_t fixed = sizeof p + 8 * sizeof(std::uint64_t);
  bytes inside;
  std::size_t size = fixed;
  const peer_chain none;
  const peer_chain& chain = kept.chain ? *kept.chain : none;
  for (const bytes& der : chain) size += sizeof(std::uint64_t) + der.size();
  inside.reserve(size);  // at once, so that no copy of the secret is left behind
  put_block(inside, octets(p.session_id, p.session_id_len));
  put_number(inside, p.version);
  put_number(inside, p.cipher_suite);
  put_block(inside, octets(p.master_secret, sizeof p.master_secret));
  put_number(inside, chain.size());
  for (const bytes& der : chain) put_block(inside, der);
  bytes exported = wrap(owner, kept.good_until, inside);
  wipe(inside);
  return exported;
}

result<std::shared_ptr<const session>> import_bearssl_session(std::span<const std::byte> exported,
                                                              const session_owner& owner) {
  const auto opened = unwrap(exported, owner);
  if (!opened) return fail(opened.error());
  if (!*opened) return std::shared_ptr<const session>();
  session_reader in((*opened)->inside);
  br_ssl_session_parameters p{};
  const auto id = in.block();
  const auto version = in.number();
  const auto suite = in.number();
  const auto secret = in.block();
  if (!id || id->empty() || id->size() > sizeof p.session_id || !version || *version > BR_TLS12 || !suite ||
      *suite > 0xffff || !secret || secret->size() != sizeof p.master_secret) {
    return not_a_session();
  }
  const auto count = in.number();
  if (!count) return not_a_session();
  auto chain = std::make_shared<peer_chain>();
  while (chain->size() < *count) {
    const auto der = in.block();
    if (!der || der->empty()) return not_a_session();
    chain->emplace_back(der->begin(), der->end());
  }
  if (!in.left().empty()) return not_a_session();
  std::memcpy(p.session_id, id->data(), id->size());
  p.session_id_len = static_cast<unsigned char>(id->size());
  p.version = static_cast<std::uint16_t>(*version);
  p.cipher_suite = static_cast<std::uint16_t>(*suite);
  std::memcpy(p.master_secret, secret->data(), secret->size());
  auto made = std::make_shared<const bearssl_session>(p, *count == 0 ? nullptr : std::move(chain),
                                                      (*opened)->good_until);
  wipe(std::as_writable_bytes(std::span(&p, 1)));
  return made;
}

STLS_NAMESPACE_END
