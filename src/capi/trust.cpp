// Whom a tls_config trusts, and what it verifies.
#include "capi/config.hpp"
#include "capi/document.hpp"
#include "config/anchors.hpp"

#include <stls/options.hpp>

using stls::options;
using stls::capi::change;
using stls::capi::entry;
using stls::capi::set_file;
using stls::capi::set_memory;

const char* tls_default_ca_cert_file() {
  const stls::capi::errno_cleared at_end;
  return stls::system_file();
}

int tls_config_set_ca_file(tls_config* config, const char* ca_file) {
  return entry(config, [&] { return set_file(*config, "ca", ca_file, &options::ca); });
}

int tls_config_set_ca_path(tls_config* config, const char* ca_path) {
  return change(config, [&](options& opt) { opt.ca_path = ca_path == nullptr ? "" : ca_path; });
}

int tls_config_set_ca_mem(tls_config* config, const uint8_t* ca, size_t len) {
  return entry(config, [&] { return set_memory(*config, ca, len, &options::ca); });
}

int tls_config_set_crl_file(tls_config* config, const char* crl_file) {
  return entry(config, [&] { return set_file(*config, "crl", crl_file, &options::crl); });
}

int tls_config_set_crl_mem(tls_config* config, const uint8_t* crl, size_t len) {
  return entry(config, [&] { return set_memory(*config, crl, len, &options::crl); });
}

int tls_config_set_verify_depth(tls_config* config, int verify_depth) {
  return entry(
      config, [&] { return config->change_checked([&](options& opt) { opt.verify_depth = verify_depth; }); });
}

void tls_config_insecure_noverifycert(tls_config* config) {
  change(config, [](options& opt) { opt.insecure_noverifycert = true; });
}

void tls_config_insecure_noverifyname(tls_config* config) {
  change(config, [](options& opt) { opt.insecure_noverifyname = true; });
}

void tls_config_insecure_noverifytime(tls_config* config) {
  change(config, [](options& opt) { opt.insecure_noverifytime = true; });
}

void tls_config_verify(tls_config* config) {
  change(config, [](options& opt) {
    opt.insecure_noverifycert = false;
    opt.insecure_noverifyname = false;
    opt.insecure_noverifytime = false;
  });
}

void tls_config_ocsp_require_stapling(tls_config* config) {
  change(config, [](options& opt) { opt.ocsp_require_stapling = true; });
}

void tls_config_verify_client(tls_config* config) {
  change(config, [](options& opt) {
    opt.verify_client = true;
    opt.verify_client_optional = false;
  });
}

void tls_config_verify_client_optional(tls_config* config) {
  change(config, [](options& opt) {
    opt.verify_client = false;
    opt.verify_client_optional = true;
  });
}
