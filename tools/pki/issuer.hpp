// Turns rows of the table into keys, certificates and revocation lists.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spec.hpp"

namespace pki {

template <auto free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

using key_ptr = std::shared_ptr<EVP_PKEY>;  // shared, since rows may share a key
using cert_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;

// A row and what was made of it.
struct issued {
  cert_spec spec;
  key_ptr key;
  cert_ptr cert;
};

// `type` is a curve's name, "RSA-" and the bits, or "ED25519".
key_ptr make_key(const std::string& type);

// All certificates of a table, as of one moment. Every member throws `failure`.
class issuer {
 public:
  // `days` is how long the good ones are valid.
  issuer(const std::vector<cert_spec>& rows, std::time_t now, int days);

  const issued& at(const std::string& name) const;
  crl_ptr make_crl(const crl_spec& spec) const;

  // The validity of a row as a reader wants it: "2025-01-31 to 2026-03-04".
  std::string dates(const cert_spec& spec) const;

 private:
  void sign(issued& one) const;
  void add_extensions(const issued& one, const issued& parent) const;
  std::vector<unsigned char> key_id(const issued& one) const;
  int last_day(const validity& valid) const;

  std::map<std::string, issued> made_;
  std::time_t now_;
  int days_;
};

}  // namespace pki
