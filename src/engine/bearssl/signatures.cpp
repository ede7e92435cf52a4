#include "engine/bearssl/signatures.hpp"

#include "engine/bearssl/public_key.hpp"

#include <array>
#include <cstring>

STLS_NAMESPACE_BEGIN

namespace {

struct hash_function {
  const br_hash_class* code;
  const unsigned char* oid;  // for PKCS#1: its length, then the octets
  std::size_t size;
};

hash_function find_hash(x509::hash which) noexcept {
  switch (which) {
    case x509::hash::sha1:
      return {&br_sha1_vtable, BR_HASH_OID_SHA1, br_sha1_SIZE};
    case x509::hash::sha224:
      return {&br_sha224_vtable, BR_HASH_OID_SHA224, br_sha224_SIZE};
    case x509::hash::sha256:
      return {&br_sha256_vtable, BR_HASH_OID_SHA256, br_sha256_SIZE};
    case x509::hash::sha384:
      return {&br_sha384_vtable, BR_HASH_OID_SHA384, br_sha384_SIZE};
    case x509::hash::sha512:
      return {&br_sha512_vtable, BR_HASH_OID_SHA512, br_sha512_SIZE};
    case x509::hash::md5:
      break;
  }
  return {nullptr, nullptr, 0};
}

const unsigned char* octets(x509::der_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

constexpr std::size_t weakest_hash = br_sha256_SIZE;

// The curves that a connection is held to are those of its key exchange; keys may be on any.
std::uint32_t verify_ecdsa(const br_ec_impl* /*of_the_key_exchange*/, const void* hash, std::size_t hash_size,
                           const br_ec_public_key* key, const void* signature, std::size_t size) {
  return br_ecdsa_vrfy_asn1_get_default()(br_ec_get_default(), hash, hash_size, key, signature, size);
}

std::uint32_t verify_strong_ecdsa(const br_ec_impl* curves, const void* hash, std::size_t hash_size,
                                  const br_ec_public_key* key, const void* signature, std::size_t size) {
  return hash_size < weakest_hash ? 0 : verify_ecdsa(curves, hash, hash_size, key, signature, size);
}

std::uint32_t verify_strong_rsa(const unsigned char* signature, std::size_t size, const unsigned char* oid,
                                std::size_t hash_size, const br_rsa_public_key* key, unsigned char* hash) {
  if (hash_size < weakest_hash) return 0;
  return br_rsa_pkcs1_vrfy_get_default()(signature, size, oid, hash_size, key, hash);
}

// BearSSL's own methods, but for the choice.
struct strong_signing {
  br_ssl_client_certificate_class methods;
  const br_ssl_client_certificate_class* bearssls;
  std::uint32_t good;  // of what a server takes: a bit a hash, for RSA and, eight higher, for ECDSA
};

void choose_strong(const br_ssl_client_certificate_class** ctx, const br_ssl_client_context* client,
                   std::uint32_t taken, br_ssl_client_certificate* choices) noexcept {
  const auto& self = *reinterpret_cast<const strong_signing*>(*ctx);
  taken &= self.good;
  *choices = {};
  if (taken != 0) self.bearssls->choose(ctx, client, taken, choices);
}

strong_signing made_strong(const br_ssl_client_certificate_class* bearssls, unsigned first_bit) noexcept {
  constexpr std::uint32_t hashes = (1U << br_sha256_ID) | (1U << br_sha384_ID) | (1U << br_sha512_ID);
  strong_signing made{*bearssls, bearssls, hashes << first_bit};
  made.methods.choose = choose_strong;
  return made;
}

}  // namespace

bool bearssl_signatures::verify(const x509::signature_algorithm& algorithm, const x509::public_key& by,
                                x509::der_view message, x509::der_view signature) const noexcept {
  const auto key = bearssl_key(by);
  const hash_function function = find_hash(algorithm.digest);
  if (!key || function.code == nullptr) return false;
  br_hash_compat_context state;
  std::array<unsigned char, br_sha512_SIZE> hash{};
  function.code->init(&state.vtable);
  function.code->update(&state.vtable, message.data(), message.size());
  function.code->out(&state.vtable, hash.data());

  if (algorithm.kind == x509::signature_kind::rsa_pkcs1 && key->key_type == BR_KEYTYPE_RSA) {
    std::array<unsigned char, br_sha512_SIZE> signed_hash{};
    return br_rsa_pkcs1_vrfy_get_default()(octets(signature), signature.size(), function.oid, function.size,
                                           &key->key.rsa, signed_hash.data()) == 1 &&
           std::memcmp(hash.data(), signed_hash.data(), function.size) == 0;
  }
  if (algorithm.kind == x509::signature_kind::ecdsa && key->key_type == BR_KEYTYPE_EC) {
    return verify_ecdsa(nullptr, hash.data(), function.size, &key->key.ec, octets(signature),
                        signature.size()) == 1;
  }
  return false;
}

void accept_signatures(br_ssl_engine_context& connection, bool old_versions) noexcept {
  br_ssl_engine_set_rsavrfy(&connection, old_versions ? br_rsa_pkcs1_vrfy_get_default() : verify_strong_rsa);
  br_ssl_engine_set_ecdsa(&connection, old_versions ? verify_ecdsa : verify_strong_ecdsa);
}

void refuse_weak_signing(br_ssl_client_context& client, int key_type) noexcept {
  const br_ssl_client_certificate_class*& methods = client.client_auth.vtable;
  if (key_type == BR_KEYTYPE_RSA) {
    static const strong_signing rsa = made_strong(methods, 0);
    methods = &rsa.methods;
  } else {
    static const strong_signing ec = made_strong(methods, 8);
    methods = &ec.methods;
  }
}

STLS_NAMESPACE_END
