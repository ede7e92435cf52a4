// tls_conn_*: what was agreed on.
#include "capi/known.hpp"

using stls::conn_info;
using stls::capi::known;
using stls::capi::text_or_null;

namespace {

const char* word(tls* ctx, std::string conn_info::*field) {
  return known<const char*>(ctx, nullptr, [&](const conn_info& info) { return text_or_null(info.*field); });
}

}  // namespace

const char* tls_conn_alpn_selected(tls* ctx) { return word(ctx, &conn_info::alpn); }

const char* tls_conn_cipher(tls* ctx) { return word(ctx, &conn_info::cipher); }

int tls_conn_cipher_strength(tls* ctx) {
  return known(ctx, 0, [](const conn_info& info) { return info.cipher_strength; });
}

const char* tls_conn_servername(tls* ctx) { return word(ctx, &conn_info::servername); }

int tls_conn_session_resumed(tls* ctx) {
  return known(ctx, 0, [](const conn_info& info) { return info.resumed ? 1 : 0; });
}

const char* tls_conn_version(tls* ctx) { return word(ctx, &conn_info::version); }
