#include "engine/libssl/credentials.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "config/words.hpp"
#include "engine/libssl/digest.hpp"
#include "engine/libssl/errors.hpp"
#include "engine/libssl/external_key.hpp"
#include "engine/libssl/ocsp.hpp"
#include "engine/libssl/security.hpp"
#include "engine/libssl/signing_key.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstring>
#include <string>

STLS_NAMESPACE_BEGIN

namespace {

intern_table<libssl_keypair>& table() {
  static auto& all =
      *new intern_table<libssl_keypair>;  // never destroyed: configs may outlive main's statics
  return all;
}

// password is what OpenSSL asks for when it meets an encrypted key.
struct password {
  std::string_view text;
  bool asked = false;

  static int give(char* into, int size, int /*for_writing*/, void* self) noexcept {
    auto& p = *static_cast<password*>(self);
    p.asked = true;
    if (p.text.empty() || p.text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(into, p.text.data(), p.text.size());
    return static_cast<int>(p.text.size());
  }
};

result<evp_pkey_ptr> parse_key(std::string_view text, std::string_view password_text) {
  ERR_clear_error();
  const bio_ptr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return fail(library_error("BIO_new_mem_buf"));
  password p{.text = password_text};
  evp_pkey_ptr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &password::give, &p));
  if (key) return key;
  const queued_error cause = take_queue();
  if (p.asked && password_text.empty()) return fail(errc::bad_pem, "is encrypted; set key_password");
  if (p.asked) return fail(errc::bad_pem, "cannot be decrypted with key_password");
  return fail(errc::bad_pem, cat({"not a private key that libssl can read: ", cause.reason()}));
}

result<x509_ptr> parse_certificate(const bytes& der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  x509_ptr certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  if (certificate) return certificate;
  return fail(errc::bad_pem, cat({"a certificate that libssl cannot read: ", take_queue().reason()}));
}

// TLS has no use for other kinds: DSA is gone since TLS 1.3, and X25519 cannot sign. Kinds that are newer
// than this list are left to libssl.
result<void> check_kind(const EVP_PKEY* key) {
  constexpr std::array<const char*, 5> useless = {"DSA", "DH", "DHX", "X25519", "X448"};
  for (const char* kind : useless) {
    if (EVP_PKEY_is_a(key, kind) != 1) continue;
    return fail(errc::bad_config,
                cat({"a key of the kind ", kind, " cannot be used; RSA, EC and Ed25519 can"}));
  }
  return {};
}

// Refuses at once what would be refused in each handshake: keys and signatures below the security level.
result<void> check_strength(const libssl_keypair& pair) {
  const ssl_ctx_ptr scratch(SSL_CTX_new(TLS_method()));
  if (!scratch) return fail(library_error("SSL_CTX_new"));
  SSL_CTX_set_security_level(scratch.get(), security_level);
  if (SSL_CTX_use_certificate(scratch.get(), pair.certificate.get()) == 1) return {};
  const queued_error cause = take_queue();
  if (cause.is_ssl(SSL_R_UNKNOWN_CERTIFICATE_TYPE)) {
    return fail(errc::bad_config, "its key is of a kind that TLS cannot use; RSA, EC and Ed25519 can be");
  }
  return fail(errc::bad_config, cat({"too weak: ", cause.reason()}));
}

result<libssl_keypair> read_chain(const keypair_settings& pair) {
  libssl_keypair read;
  for (const bytes& der : pair.chain) {
    auto certificate = parse_certificate(der);
    if (!certificate) return fail(errc::bad_pem, cat({pair.option, "cert: ", certificate.error().message}));
    if (!read.certificate) {
      read.certificate = std::move(*certificate);
      continue;
    }
    if (!read.intermediates) read.intermediates.reset(sk_X509_new_null());
    if (!read.intermediates || sk_X509_push(read.intermediates.get(), certificate->get()) == 0) {
      return fail(library_error("sk_X509_push"));
    }
    static_cast<void>(certificate->release());  // the stack owns it now
  }
  read.key_hash = hash_of_key(read.certificate.get());
  return read;
}

result<evp_pkey_ptr> read_key(const keypair_settings& pair, std::string_view password_text,
                              X509* certificate) {
  auto key = parse_key(pair.key.view(), password_text);
  if (!key) return fail(errc::bad_pem, cat({pair.option, "key: ", key.error().message}));
  if (auto usable = check_kind(key->get()); !usable) {
    return fail(errc::bad_config, cat({pair.option, "key: ", usable.error().message}));
  }
  if (X509_check_private_key(certificate, key->get()) != 1) {
    ERR_clear_error();
    return fail(errc::key_mismatch,
                cat({pair.option, "key: does not belong to the certificate in ", pair.option, "cert"}));
  }
  return key;
}

result<libssl_keypair> make(const keypair_settings& pair, std::string_view password_text,
                            const sign_function& sign) {
  auto made = read_chain(pair);
  if (!made) return made;
  made->external = pair.external;
  auto key = pair.external ? external_key(made->certificate.get(), made->key_hash, sign)
                           : read_key(pair, password_text, made->certificate.get());
  if (!key && pair.external) return in_option(cat({pair.option, "cert"}), std::move(key.error()));
  if (!key) return fail(std::move(key.error()));
  made->key = std::move(*key);
  if (auto strong = check_strength(*made); !strong) {
    return fail(errc::bad_config, cat({pair.option, "cert: ", strong.error().message}));
  }
  return made;
}

// The name that a keypair is found by: a digest, so that neither key nor password stays in memory for it.
std::string identity(const keypair_settings& pair, std::string_view password_text) {
  digest all;
  for (const bytes& der : pair.chain) all.add(der);
  all.add(std::as_bytes(std::span(pair.key.view())));
  all.add(std::as_bytes(std::span(password_text)));
  const auto sum = all.sum();
  return {reinterpret_cast<const char*>(sum.data()), sum.size()};
}

result<std::shared_ptr<const libssl_keypair>> find_or_make(const keypair_settings& pair,
                                                           std::string_view password_text,
                                                           const sign_function& sign) {
  const auto now = [&] { return make(pair, password_text, sign); };
  if (!pair.external) return table().find_or_make(identity(pair, password_text), now);
  return now().map([](libssl_keypair made) -> std::shared_ptr<const libssl_keypair> {
    return std::make_shared<libssl_keypair>(std::move(made));
  });
}

}  // namespace

result<std::shared_ptr<const libssl_credentials>> load_credentials(const settings& set) {
  auto loaded = std::make_shared<libssl_credentials>();
  const std::string_view password_text = set.key_password.view();
  for (const keypair_settings& pair : set.keypairs) {
    auto made = find_or_make(pair, password_text, set.sign);
    if (!made) return fail(std::move(made.error()));
    if (auto fine = check_staple(pair, (*made)->certificate.get(), *set.warnings); !fine) {
      return fail(std::move(fine.error()));
    }
    loaded->keypairs.push_back(std::move(*made));
  }
  if (set.crls) {
    auto lists = crl_list_of(set.crls);
    if (!lists) return fail(std::move(lists.error()));
    loaded->crls = std::move(*lists);
    if (set.verify_time) warn_of_dates(*loaded->crls, *set.warnings);
  }
  return loaded;
}

result<std::string> decrypt_key(std::string_view pem_text, std::string_view password_text) {
  auto key = parse_key(pem_text, password_text);
  if (!key) return fail(std::move(key.error()));
  const bio_ptr bio(BIO_new(BIO_s_mem()));  // which wipes what it frees
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key->get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(library_error("PEM_write_bio_PKCS8PrivateKey"));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

result<bytes> libssl_credentials::sign(const sign_request& request) const {
  for (const auto& pair : keypairs) {
    if (!pair->external && pair->key_hash == request.key_hash) return sign_with(pair->key.get(), request);
  }
  return fail(errc::invalid_argument, "key not found");
}

intern_count keypair_count() { return table().count(); }

STLS_NAMESPACE_END
