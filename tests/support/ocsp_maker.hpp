// OCSP responses for the tests, of every kind, by libcrypto.
#pragma once

#include "support/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace stls::test {

enum class ocsp_status : std::uint8_t { good, revoked, unknown };

// ocsp_wish says what a response shall be. Certificates are rows of the PKI, times are relative to the
// system's clock.
struct ocsp_wish {
  std::string certificate = "server";  // which the response is about
  std::string issuer = "intermediate";
  std::string signer = "intermediate";
  bool embed_signer = true;  // its certificate goes along
  ocsp_status status = ocsp_status::good;
  int reason = -1;  // of a revocation: RFC 5280 section 5.3.1
  std::chrono::seconds this_update = -std::chrono::hours(1);
  std::optional<std::chrono::seconds> next_update = std::chrono::hours(24);
  std::string id_digest = "SHA1";  // of the names by which certificates go there
  std::string digest = "SHA256";   // of the signature
};

// make_ocsp gives the DER of an OCSPResponse.
bytes make_ocsp(const ocsp_wish& = {});

// make_ocsp_refusal gives a response that says why there is none: 3 is "try later" (RFC 6960 section 4.2.1).
bytes make_ocsp_refusal(int status);

}  // namespace stls::test
