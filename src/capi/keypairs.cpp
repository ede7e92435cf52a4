// Certificates, keys and staples of a tls_config.
#include "capi/config.hpp"
#include "capi/document.hpp"

#include <stls/options.hpp>

using stls::keypair;
using stls::options;
using stls::result;
using stls::capi::change;
using stls::capi::entry;
using stls::capi::from_memory;
using stls::capi::pair_of_files;
using stls::capi::set_file;
using stls::capi::set_memory;

namespace {

// pair_in_memory is cert, key and staple; a null pointer is none.
keypair pair_in_memory(const uint8_t* cert, size_t cert_len, const uint8_t* key, size_t key_len,
                       const uint8_t* staple, size_t staple_len) {
  return {.cert = from_memory(cert, cert_len),
          .key = from_memory(key, key_len),
          .ocsp_staple = from_memory(staple, staple_len)};
}

int set_pair(tls_config* config, result<keypair> pair) {
  if (!pair) return config->error.say(std::move(pair.error()));
  config->change([&](options& opt) {
    opt.cert = std::move(pair->cert);
    opt.key = std::move(pair->key);
    if (pair->ocsp_staple.given()) opt.ocsp_staple = std::move(pair->ocsp_staple);
  });
  return 0;
}

int add_pair(tls_config* config, result<keypair> pair) {
  if (!pair) return config->error.say(std::move(pair.error()));
  config->change([&](options& opt) { opt.keypairs.push_back(std::move(*pair)); });
  return 0;
}

}  // namespace

int tls_config_set_cert_file(tls_config* config, const char* cert_file) {
  return entry(config, [&] { return set_file(*config, "cert", cert_file, &options::cert); });
}

int tls_config_set_cert_mem(tls_config* config, const uint8_t* cert, size_t len) {
  return entry(config, [&] { return set_memory(*config, cert, len, &options::cert); });
}

int tls_config_set_key_file(tls_config* config, const char* key_file) {
  return entry(config, [&] { return set_file(*config, "key", key_file, &options::key); });
}

int tls_config_set_key_mem(tls_config* config, const uint8_t* key, size_t len) {
  return entry(config, [&] { return set_memory(*config, key, len, &options::key); });
}

int tls_config_set_ocsp_staple_file(tls_config* config, const char* staple_file) {
  return entry(config, [&] { return set_file(*config, "ocsp_staple", staple_file, &options::ocsp_staple); });
}

int tls_config_set_ocsp_staple_mem(tls_config* config, const uint8_t* staple, size_t len) {
  return entry(config, [&] { return set_memory(*config, staple, len, &options::ocsp_staple); });
}

int tls_config_set_keypair_file(tls_config* config, const char* cert_file, const char* key_file) {
  return tls_config_set_keypair_ocsp_file(config, cert_file, key_file, nullptr);
}

int tls_config_set_keypair_mem(tls_config* config, const uint8_t* cert, size_t cert_len, const uint8_t* key,
                               size_t key_len) {
  return tls_config_set_keypair_ocsp_mem(config, cert, cert_len, key, key_len, nullptr, 0);
}

int tls_config_set_keypair_ocsp_file(tls_config* config, const char* cert_file, const char* key_file,
                                     const char* staple_file) {
  return entry(config, [&] { return set_pair(config, pair_of_files(cert_file, key_file, staple_file)); });
}

int tls_config_set_keypair_ocsp_mem(tls_config* config, const uint8_t* cert, size_t cert_len,
                                    const uint8_t* key, size_t key_len, const uint8_t* staple,
                                    size_t staple_len) {
  return entry(config, [&] {
    return set_pair(config, pair_in_memory(cert, cert_len, key, key_len, staple, staple_len));
  });
}

int tls_config_add_keypair_file(tls_config* config, const char* cert_file, const char* key_file) {
  return tls_config_add_keypair_ocsp_file(config, cert_file, key_file, nullptr);
}

int tls_config_add_keypair_mem(tls_config* config, const uint8_t* cert, size_t cert_len, const uint8_t* key,
                               size_t key_len) {
  return tls_config_add_keypair_ocsp_mem(config, cert, cert_len, key, key_len, nullptr, 0);
}

int tls_config_add_keypair_ocsp_file(tls_config* config, const char* cert_file, const char* key_file,
                                     const char* staple_file) {
  return entry(config, [&] { return add_pair(config, pair_of_files(cert_file, key_file, staple_file)); });
}

int tls_config_add_keypair_ocsp_mem(tls_config* config, const uint8_t* cert, size_t cert_len,
                                    const uint8_t* key, size_t key_len, const uint8_t* staple,
                                    size_t staple_len) {
  return entry(config, [&] {
    return add_pair(config, pair_in_memory(cert, cert_len, key, key_len, staple, staple_len));
  });
}

void tls_config_clear_keys(tls_config* config) {
  change(config, [](options& opt) {
    opt.key = {};
    for (keypair& pair : opt.keypairs) pair.key = {};
  });
}

void tls_config_skip_private_key_check(tls_config* config) {
  static_cast<void>(entry(config, [&] {
    config->need("skip_private_key_check");
    return 0;
  }));
}

void tls_config_use_fake_private_key(tls_config* config) {
  static_cast<void>(entry(config, [&] {
    config->need("use_fake_private_key");
    return 0;
  }));
}
