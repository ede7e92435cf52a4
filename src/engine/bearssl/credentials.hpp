// Certificates and private keys in BearSSL's form.
#pragma once

#include "base/intern.hpp"
#include "config/settings.hpp"

#include <bearssl.h>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// bearssl_private_key is decoded, and wiped with the object. BearSSL's own form points into itself, so it
// does not move.
class bearssl_private_key {
 public:
  // read takes one PEM object. Errors (bad_pem, unsupported) are without the name of the option.
  [[nodiscard]] static result<std::unique_ptr<const bearssl_private_key>> read(std::string_view text);

  bearssl_private_key() noexcept { br_skey_decoder_init(&decoder_); }
  bearssl_private_key(const bearssl_private_key&) = delete;
  bearssl_private_key& operator=(const bearssl_private_key&) = delete;
  ~bearssl_private_key();

  // One of them is null.
  [[nodiscard]] const br_rsa_private_key* rsa() const noexcept { return br_skey_decoder_get_rsa(&decoder_); }
  [[nodiscard]] const br_ec_private_key* ec() const noexcept { return br_skey_decoder_get_ec(&decoder_); }

  // belongs_to compares with the public key of a certificate.
  [[nodiscard]] bool belongs_to(const br_x509_pkey&) const;

 private:
  br_skey_decoder_context decoder_{};
};

// bearssl_keypair is a certificate chain and its key, known to belong together. Those of equal content are
// one object in the process.
struct bearssl_keypair {
  std::vector<bytes> chain;
  std::vector<br_x509_certificate> views;  // of the chain
  std::unique_ptr<const bearssl_private_key> key;
  unsigned usages = 0;           // BR_KEYTYPE_SIGN and BR_KEYTYPE_KEYX, as the certificate allows
  unsigned issuer_key_type = 0;  // BR_KEYTYPE_RSA or BR_KEYTYPE_EC

  // What the two roles show to their peers.
  void set_in(br_ssl_client_context&) const noexcept;
  void set_in(br_ssl_server_context&) const noexcept;
};

struct bearssl_credentials final : credentials {
  std::vector<std::shared_ptr<const bearssl_keypair>> keypairs;  // in the order of settings::keypairs
};

[[nodiscard]] result<std::shared_ptr<const bearssl_credentials>> load_bearssl_credentials(const settings&);

// bearssl_keypair_count is for tests.
[[nodiscard]] intern_count bearssl_keypair_count();

STLS_NAMESPACE_END
