// bearssl_files: certificates and keys in PEM files as BearSSL wants them.
#pragma once

#include "support/peer.hpp"

#include <bearssl.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

using octets = std::vector<unsigned char>;

// append takes what BearSSL's decoders deliver in pieces.
inline void append(void* to, const void* from, std::size_t size) {
  const auto* const first = static_cast<const unsigned char*>(from);
  static_cast<octets*>(to)->insert(static_cast<octets*>(to)->end(), first, first + size);
}

// pem_objects gives those whose names end so, e.g. "PRIVATE KEY", as DER. It throws failure when there is
// none.
inline std::vector<octets> pem_objects(const std::string& file, std::string_view name) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  br_pem_decoder_context decoder;
  br_pem_decoder_init(&decoder);
  std::vector<octets> found;
  octets object;
  bool wanted = false;
  for (std::string_view left = text; !left.empty();) {
    left.remove_prefix(br_pem_decoder_push(&decoder, left.data(), left.size()));
    switch (br_pem_decoder_event(&decoder)) {
      case BR_PEM_BEGIN_OBJ:
        wanted = std::string_view(br_pem_decoder_name(&decoder)).ends_with(name);
        br_pem_decoder_setdest(&decoder, append, &object);
        break;
      case BR_PEM_END_OBJ:
        if (wanted) found.push_back(object);
        object.clear();
        break;
      case BR_PEM_ERROR:
        throw failure(file + ": not PEM");
      default:
        break;
    }
  }
  if (found.empty()) throw failure(file + ": holds no " + std::string(name));
  return found;
}

// bearssl_roots are trusted certificates, and the memory that BearSSL's form of them points to.
class bearssl_roots {
 public:
  explicit bearssl_roots(const std::string& file) {
    for (const octets& der : pem_objects(file, "CERTIFICATE")) {
      br_x509_decoder_context decoder;
      octets name;
      br_x509_decoder_init(&decoder, append, &name);
      br_x509_decoder_push(&decoder, der.data(), der.size());
      const br_x509_pkey* key = br_x509_decoder_get_pkey(&decoder);
      if (key == nullptr) continue;  // a kind that BearSSL does not know; of the system's roots some may be
      br_x509_trust_anchor root{};
      root.dn.len = name.size();
      root.dn.data = keep(std::move(name));
      root.flags = br_x509_decoder_isCA(&decoder) != 0 ? BR_X509_TA_CA : 0U;
      root.pkey.key_type = key->key_type;
      if (key->key_type == BR_KEYTYPE_RSA) {
        const br_rsa_public_key& rsa = key->key.rsa;
        root.pkey.key.rsa = {keep({rsa.n, rsa.n + rsa.nlen}), rsa.nlen, keep({rsa.e, rsa.e + rsa.elen}),
                             rsa.elen};
      } else {
        const br_ec_public_key& ec = key->key.ec;
        root.pkey.key.ec = {ec.curve, keep({ec.q, ec.q + ec.qlen}), ec.qlen};
      }
      anchors_.push_back(root);
    }
  }
  bearssl_roots(const bearssl_roots&) = delete;
  bearssl_roots& operator=(const bearssl_roots&) = delete;
  ~bearssl_roots() = default;

  [[nodiscard]] const std::vector<br_x509_trust_anchor>& anchors() const noexcept { return anchors_; }

 private:
  unsigned char* keep(octets bytes) {
    memory_.push_back(std::move(bytes));
    return memory_.back().data();
  }

  std::vector<octets> memory_;  // moved when it grows, but what each points to stays
  std::vector<br_x509_trust_anchor> anchors_;
};

// bearssl_keypair is a server's certificates and its key on a curve.
class bearssl_keypair {
 public:
  bearssl_keypair(const std::string& cert, const std::string& key) : ders_(pem_objects(cert, "CERTIFICATE")) {
    for (octets& der : ders_) chain_.push_back({der.data(), der.size()});
    br_x509_decoder_context leaf;
    br_x509_decoder_init(&leaf, nullptr, nullptr);
    br_x509_decoder_push(&leaf, ders_.front().data(), ders_.front().size());
    issuer_key_type_ = static_cast<unsigned>(br_x509_decoder_get_signer_key_type(&leaf));
    const octets der = pem_objects(key, "PRIVATE KEY").front();
    br_skey_decoder_init(&key_);
    br_skey_decoder_push(&key_, der.data(), der.size());
    if (br_skey_decoder_get_ec(&key_) == nullptr) throw failure(key + ": not a key on a curve");
  }
  bearssl_keypair(const bearssl_keypair&) = delete;
  bearssl_keypair& operator=(const bearssl_keypair&) = delete;
  ~bearssl_keypair() = default;

  void init_full(br_ssl_server_context& server) const {
    br_ssl_server_init_full_ec(&server, chain_.data(), chain_.size(), issuer_key_type_,
                               br_skey_decoder_get_ec(&key_));
  }

 private:
  std::vector<octets> ders_;
  std::vector<br_x509_certificate> chain_;  // views of these
  unsigned issuer_key_type_ = 0;
  br_skey_decoder_context key_{};
};

}  // namespace bench
