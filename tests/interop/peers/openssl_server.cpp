// links: OpenSSL::SSL OpenSSL::Crypto
//
// A server of libssl alone. Its tickets have the format that is recommended in RFC 5077 section 4, with a
// 256-bit cipher, and the names and keys that libtls gives them.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "serve.hpp"

namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ctx_ptr = std::unique_ptr<SSL_CTX, freer<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freer<SSL_free>>;

void must(bool done) {
  if (done) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  throw std::runtime_error(reason == nullptr ? "libssl failed" : reason);
}

class openssl_server {
 public:
  explicit openssl_server(const words& given) : ctx_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX* const ctx = ctx_.get();
    const int version = given["protocols"] == "tlsv1.3" ? TLS1_3_VERSION : TLS1_2_VERSION;
    must(SSL_CTX_set_min_proto_version(ctx, version) == 1 &&
         SSL_CTX_set_max_proto_version(ctx, version) == 1);
    must(SSL_CTX_use_certificate_chain_file(ctx, given["cert"].c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(ctx, given["key"].c_str(), SSL_FILETYPE_PEM) == 1);
    std::array<unsigned char, 32> id{};
    const std::string session_id = given["session_id"];
    std::copy(session_id.begin(), session_id.end(), id.begin());
    must(SSL_CTX_set_session_id_context(ctx, id.data(), id.size()) == 1);
    SSL_CTX_set_timeout(ctx, given.number("lifetime"));
    must(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1);
    const std::uint32_t keyrev = given.number("keyrev");
    for (unsigned i = 0; i < 4; ++i) name[i] = static_cast<unsigned char>(keyrev >> (24 - 8 * i));
    const std::string key = given.bytes("ticket_key");
    if (key.size() != aes.size() + hmac.size()) throw std::runtime_error("ticket_key: not 48 bytes");
    std::copy_n(key.begin(), aes.size(), aes.begin());
    std::copy_n(key.begin() + aes.size(), hmac.size(), hmac.begin());
  }

  bool meet(int socket) {
    const ssl_ptr ssl(SSL_new(ctx_.get()));
    must(ssl && SSL_set_fd(ssl.get(), socket) == 1 && SSL_accept(ssl.get()) == 1);
    const bool resumed = SSL_session_reused(ssl.get()) == 1;
    const std::string_view word = word_of(resumed);
    must(SSL_write(ssl.get(), word.data(), static_cast<int>(word.size())) == static_cast<int>(word.size()));
    must(SSL_shutdown(ssl.get()) >= 0);
    return resumed;
  }

 private:
  static int on_ticket(SSL* /*unused*/, unsigned char* key_name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int sealing) {
    if (sealing == 1) {
      std::memcpy(key_name, name.data(), name.size());
      if (RAND_bytes(iv, 16) != 1) return -1;
    } else if (std::memcmp(key_name, name.data(), name.size()) != 0) {
      return 0;
    }
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    const bool ready = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, aes.data(), iv, sealing) == 1 &&
                       EVP_MAC_init(mac, hmac.data(), hmac.size(), params) == 1;
    return ready ? 1 : -1;
  }

  static inline std::array<unsigned char, 16> name{};
  static inline std::array<unsigned char, 32> aes{};
  static inline std::array<unsigned char, 16> hmac{};
  ctx_ptr ctx_;
};

}  // namespace

int main(int argc, char** argv) { return serve<openssl_server>(argc, argv); }
