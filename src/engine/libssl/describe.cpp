#include "base/text.hpp"
#include "engine/certificate_hash.hpp"
#include "engine/libssl/certificate_der.hpp"
#include "engine/libssl/engine.hpp"
#include "engine/libssl/groups.hpp"
#include "engine/registry.hpp"
#include "x509/certificate.hpp"

STLS_NAMESPACE_BEGIN

namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

void libssl_engine::describe(conn_info& info) const {
  SSL* ssl = ssl_.get();
  info.servername = context_->side() == role::client
                        ? std::string(asked_for())
                        : escaped(text_or_empty(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)));
  // What else there is may have been wished by one side only; in the middle libssl may not even have it.
  if (!established_) return;
  info.version = SSL_get_version(ssl);
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  info.cipher = text_or_empty(SSL_CIPHER_get_name(cipher));
  info.cipher_strength = SSL_CIPHER_get_bits(cipher, nullptr);
  info.group = finite_field_ ? *finite_field_ : group_name(ssl);
  info.resumed = SSL_session_reused(ssl) == 1;
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  if (size != 0) info.alpn.assign(reinterpret_cast<const char*>(protocol), size);

  const X509* own = SSL_get0_peer_certificate(ssl);
  if (own == nullptr) return;
  info.peer_certificate_given = true;
  info.peer_chain.push_back(certificate_der(own));
  // On a client the chain begins with the peer's own certificate, on a server behind it.
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  for (int i = context_->side() == role::client ? 1 : 0; i < sk_X509_num(chain); ++i) {
    info.peer_chain.push_back(certificate_der(sk_X509_value(chain, i)));
  }
  if (const auto parsed = x509::parse_certificate(info.peer_chain.front()))
    info.peer = x509::describe(*parsed);
  if (staple_) info.ocsp = staple_->info;
  info.ocsp.url = ocsp_url(SSL_get0_peer_certificate(ssl));
  info.peer.hash = certificate_hash(info.peer_chain.front(), libssl_provider());
}

STLS_NAMESPACE_END
