// tls_peer_ocsp_*: what an OCSP response said of the peer's certificate.
#include "capi/known.hpp"

#include <cstddef>
#include <span>

using stls::conn_info;
using stls::errc;
using stls::ocsp_info;
using stls::capi::call;
using stls::capi::known;
using stls::capi::text_or_null;

namespace {

int number(tls* ctx, int ocsp_info::*field) {
  return known(ctx, -1, [&](const conn_info& info) { return info.ocsp.*field; });
}

const char* word(tls* ctx, std::string ocsp_info::*field) {
  return known<const char*>(ctx, nullptr,
                            [&](const conn_info& info) { return text_or_null(info.ocsp.*field); });
}

time_t at(tls* ctx, std::optional<std::chrono::sys_seconds> ocsp_info::*field) {
  return known(ctx, time_t{-1},
               [&](const conn_info& info) { return stls::capi::seconds_of(info.ocsp.*field); });
}

}  // namespace

int tls_ocsp_process_response(tls* ctx, const unsigned char* response, size_t size) {
  return call(ctx, [&] {
    if (!ctx->connected()) return ctx->error.say({errc::invalid_state, "context not connected"});
    if (response == nullptr) size = 0;
    auto checked = ctx->conn().check_ocsp(std::as_bytes(std::span(response, size)));
    return checked ? 0 : ctx->error.say(std::move(checked.error()));
  });
}

int tls_peer_ocsp_cert_status(tls* ctx) { return number(ctx, &ocsp_info::cert_status); }

int tls_peer_ocsp_crl_reason(tls* ctx) { return number(ctx, &ocsp_info::crl_reason); }

time_t tls_peer_ocsp_next_update(tls* ctx) { return at(ctx, &ocsp_info::next_update); }

int tls_peer_ocsp_response_status(tls* ctx) { return number(ctx, &ocsp_info::response_status); }

const char* tls_peer_ocsp_result(tls* ctx) { return word(ctx, &ocsp_info::result); }

time_t tls_peer_ocsp_revocation_time(tls* ctx) { return at(ctx, &ocsp_info::revocation_time); }

time_t tls_peer_ocsp_this_update(tls* ctx) { return at(ctx, &ocsp_info::this_update); }

const char* tls_peer_ocsp_url(tls* ctx) { return word(ctx, &ocsp_info::url); }
