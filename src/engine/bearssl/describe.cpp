// What a connection of BearSSL tells about itself.
#include "base/text.hpp"
#include "engine/bearssl/curves.hpp"
#include "engine/bearssl/engine.hpp"
#include "engine/bearssl/suites.hpp"
#include "engine/certificate_hash.hpp"
#include "engine/registry.hpp"
#include "x509/certificate.hpp"

STLS_NAMESPACE_BEGIN

namespace {

std::string_view version_name(unsigned version) noexcept {
  if (version == BR_TLS12) return "TLSv1.2";
  return version == BR_TLS11 ? "TLSv1.1" : "TLSv1";
}

}  // namespace

void bearssl_engine::describe(conn_info& info) const {
  if (is_client()) info.servername = name_.text;
  if (!begun()) return;
  // const_cast: BearSSL's inline getters do not change what they read.
  auto* connection = const_cast<br_ssl_engine_context*>(&state());
  if (!is_client()) info.servername = escaped(br_ssl_engine_get_server_name(connection));
  if (!established_) return;
  info.version = version_name(br_ssl_engine_get_version(connection));
  const bearssl_suite* suite = bearssl_suite_numbered(connection->session.cipher_suite);
  if (suite != nullptr) {
    const cipher_suite* known = find_cipher(suite->name);
    info.cipher = known->openssl_name;
    info.cipher_strength = suite->strength;
    if (known->exchange == key_exchange::ecdhe && !resumed_)
      info.group = curve_name(br_ssl_engine_get_ecdhe_curve(connection));
  }
  info.resumed = resumed_;
  if (const char* protocol = br_ssl_engine_get_selected_protocol(connection)) info.alpn = protocol;

  const auto& chain = resumed_ ? session_->chain : verifier_.chain();
  if (!chain) return;
  info.peer_certificate_given = true;
  info.peer_chain = *chain;
  if (const auto parsed = x509::parse_certificate(chain->front())) info.peer = x509::describe(*parsed);
  info.peer.hash = certificate_hash(chain->front(), bearssl_provider());
}

STLS_NAMESPACE_END
