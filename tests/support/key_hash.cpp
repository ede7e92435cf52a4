#include "support/key_hash.hpp"

#include "engine/libssl/openssl.hpp"
#include "support/bytes.hpp"

#include <openssl/pem.h>

namespace stls::test {

std::string key_hash(const std::string& certificate_pem) {
  const bio_ptr bio(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const x509_ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  bytes sum(32);
  unsigned size = 0;
  X509_pubkey_digest(certificate.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(sum.data()), &size);
  return "SHA256:" + to_hex(sum);
}

}  // namespace stls::test
