// struct tls_signer: the end that has the keys.
#include "base/fail.hpp"
#include "capi/document.hpp"
#include "capi/entry.hpp"
#include "capi/exported.hpp"

#include <stls/config.hpp>
#include <stls/engine.hpp>
#include <stls/options.hpp>
#include <stls/sign_request.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using stls::errc;
using stls::keypair;
using stls::result;
using stls::capi::entry;
using stls::capi::from_memory;

// Its keypairs are those of a config that nobody connects with.
struct tls_signer {
 public:
  int add(keypair pair) {
    stls::options more = options_;
    more.keypairs.push_back(std::move(pair));
    auto made = stls::config::make(more);
    if (!made) return error.say(std::move(made.error()));
    options_ = std::move(more);
    config_ = std::move(*made);
    return 0;
  }

  [[nodiscard]] result<std::vector<std::byte>> sign(const stls::sign_request& request) const {
    if (!config_) return stls::fail(errc::invalid_argument, "key not found");
    return config_.sign(request);
  }

  stls::capi::complaint error;

 private:
  static stls::options none() {
    stls::options opt;
    opt.insecure_noverifycert = true;  // nobody is verified: no roots need to be read
    for (const stls::provider* engine : stls::providers()) {
      if (!engine->capabilities().external_keys) continue;
      opt.engine = engine->name();
      break;
    }
    return opt;
  }

  stls::options options_ = none();
  stls::config config_;  // empty: there are no keys yet
};

tls_signer* tls_signer_new() {
  return stls::capi::query<tls_signer*>(nullptr, [] { return std::make_unique<tls_signer>().release(); });
}

void tls_signer_free(tls_signer* signer) {
  const stls::capi::errno_cleared at_end;
  delete signer;
}

const char* tls_signer_error(tls_signer* signer) {
  return signer == nullptr ? nullptr : signer->error.text();
}

int tls_signer_add_keypair_file(tls_signer* signer, const char* cert_file, const char* key_file) {
  return entry(signer, [&] {
    if (key_file == nullptr) return signer->error.say({errc::invalid_argument, "key: no file is named"});
    auto pair = stls::capi::pair_of_files(cert_file, key_file, nullptr);
    return pair ? signer->add(std::move(*pair)) : signer->error.say(std::move(pair.error()));
  });
}

int tls_signer_add_keypair_mem(tls_signer* signer, const uint8_t* cert, size_t cert_len, const uint8_t* key,
                               size_t key_len) {
  return entry(signer, [&] {
    return signer->add({.cert = from_memory(cert, cert_len), .key = from_memory(key, key_len)});
  });
}

int tls_signer_sign(tls_signer* signer, const char* pubkey_hash, const uint8_t* input, size_t input_len,
                    int padding_type, uint8_t** out_signature, size_t* out_signature_len) {
  return entry(signer, [&] {
    if (out_signature == nullptr || out_signature_len == nullptr)
      return signer->error.say({errc::invalid_argument, "no place for the signature"});
    *out_signature = nullptr;
    *out_signature_len = 0;
    if (pubkey_hash == nullptr || (input == nullptr && input_len != 0))
      return signer->error.say({errc::invalid_argument, "a null pointer"});
    if (padding_type != TLS_PADDING_NONE && padding_type != TLS_PADDING_RSA_PKCS1) {
      return signer->error.say(
          {errc::invalid_argument, "invalid padding type (" + std::to_string(padding_type) + ")"});
    }
    auto signature = signer->sign({.key_hash = pubkey_hash,
                                   .input = std::as_bytes(std::span(input, input_len)),
                                   .padding = static_cast<stls::signature_padding>(padding_type)});
    if (!signature) return signer->error.say(std::move(signature.error()));
    auto* given = static_cast<uint8_t*>(std::malloc(signature->size()));
    if (given == nullptr) return signer->error.say({errc::out_of_memory, stls::out_of_memory});
    std::memcpy(given, signature->data(), signature->size());
    *out_signature = given;
    *out_signature_len = signature->size();
    return 0;
  });
}
