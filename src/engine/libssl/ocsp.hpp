// OCSP responses (RFC 6960) that are stapled to certificates (RFC 6066 section 8).
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/crl.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <span>
#include <string>

STLS_NAMESPACE_BEGIN

// check_staple refuses what a server has for a staple if it is no OCSP response, and warns of one that will
// not convince anybody. It is for load_credentials; a keypair without a staple is fine.
[[nodiscard]] result<void> check_staple(const keypair_settings&, const X509* certificate, warning_sink&);

// judge_staple judges the response for the first certificate of a verified chain, by the key of the second:
// that of the issuer who was found, not of one that the server named.
[[nodiscard]] ocsp_verdict judge_staple(std::span<const unsigned char> der, const STACK_OF(X509) * chain,
                                        const settings&, const crl_list* crls);

// ocsp_url gives the first URL of an OCSP responder in a certificate, escaped; "" if there is none.
[[nodiscard]] std::string ocsp_url(X509*);

STLS_NAMESPACE_END
