// Certificates, private keys and revocation lists in OpenSSL's form.
#pragma once

#include "base/intern.hpp"
#include "config/settings.hpp"
#include "engine/libssl/crl.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// libssl_keypair is a certificate, its intermediates and its key, known to belong together. Those of equal
// content are one object in the process, unless the key is external: it is bound to a function.
struct libssl_keypair {
  x509_ptr certificate;
  x509_stack_ptr intermediates;
  evp_pkey_ptr key;
  std::string key_hash;   // of the public key, as in sign_request
  bool external = false;  // the key is one that options::sign signs with
};

struct libssl_credentials final : credentials {
  [[nodiscard]] result<bytes> sign(const sign_request&) const override;

  std::vector<std::shared_ptr<const libssl_keypair>> keypairs;  // in the order of settings::keypairs
  std::shared_ptr<const crl_list> crls;                         // null: none were given
};

[[nodiscard]] result<std::shared_ptr<const libssl_credentials>> load_credentials(const settings&);

// decrypt_key is provider::decrypted_key.
[[nodiscard]] result<std::string> decrypt_key(std::string_view pem_text, std::string_view password);

// keypair_count is for tests.
[[nodiscard]] intern_count keypair_count();

STLS_NAMESPACE_END
