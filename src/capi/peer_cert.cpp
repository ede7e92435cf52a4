// tls_peer_cert_*: the certificate of the peer.
#include "capi/known.hpp"
#include "x509/certificate.hpp"
#include "x509/server_name.hpp"

using stls::conn_info;
using stls::peer_certificate;
using stls::capi::known;
using stls::capi::of_peer;
using stls::capi::text_or_null;

namespace {

const char* word(tls* ctx, std::string peer_certificate::*field) {
  return of_peer<const char*>(ctx, nullptr,
                              [&](const peer_certificate& peer) { return text_or_null(peer.*field); });
}

}  // namespace

int tls_peer_cert_provided(tls* ctx) {
  return of_peer(ctx, 0, [](const peer_certificate&) { return 1; });
}

int tls_peer_cert_contains_name(tls* ctx, const char* name) {
  return known(ctx, 0, [&](const conn_info& info) {
    if (name == nullptr || info.peer_chain.empty()) return 0;
    const auto wanted = stls::x509::parse_server_name(name);
    const auto certificate = stls::x509::parse_certificate(info.peer_chain.front());
    return wanted && certificate && stls::x509::names(certificate->names, *wanted) ? 1 : 0;
  });
}

const char* tls_peer_cert_common_name(tls* ctx) { return word(ctx, &peer_certificate::common_name); }

const char* tls_peer_cert_hash(tls* ctx) { return word(ctx, &peer_certificate::hash); }

const char* tls_peer_cert_issuer(tls* ctx) { return word(ctx, &peer_certificate::issuer); }

const char* tls_peer_cert_subject(tls* ctx) { return word(ctx, &peer_certificate::subject); }

time_t tls_peer_cert_notbefore(tls* ctx) {
  return of_peer(ctx, time_t{-1},
                 [](const peer_certificate& peer) { return stls::capi::seconds_of(peer.not_before); });
}

time_t tls_peer_cert_notafter(tls* ctx) {
  return of_peer(ctx, time_t{-1},
                 [](const peer_certificate& peer) { return stls::capi::seconds_of(peer.not_after); });
}

const uint8_t* tls_peer_cert_chain_pem(tls* ctx, size_t* len) {
  return known<const uint8_t*>(ctx, nullptr, [&](const conn_info& info) -> const uint8_t* {
    if (info.peer_chain.empty()) return nullptr;
    if (ctx->chain_pem.empty()) ctx->chain_pem = info.peer_chain_pem();
    if (len != nullptr) *len = ctx->chain_pem.size();
    return reinterpret_cast<const uint8_t*>(ctx->chain_pem.data());
  });
}
