// Certificates with their private keys: the options cert, key, ocsp_staple and keypairs.
#pragma once

#include "base/pem.hpp"
#include "base/secret.hpp"
#include "x509/alt_names.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

#include <chrono>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// keypair_settings is a keypair of which the certificates were read, and the key's text was found. Engines
// parse the key and the staple.
struct keypair_settings {
  std::string option;        // "keypairs[1]."; "" for the options cert and key themselves
  std::vector<bytes> chain;  // DER; the certificate of the key first
  secret key;                // one PEM object; forgotten once the engine has parsed it
  bool external = false;     // there is no key: options::sign signs
  bytes staple;              // an OCSP response for the first certificate, DER; empty: none
  x509::alt_names names;     // of the first certificate
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
};

// parse_keypairs gives all keypairs: that of cert and key first.
[[nodiscard]] result<std::vector<keypair_settings>> parse_keypairs(const options&);

STLS_NAMESPACE_END
