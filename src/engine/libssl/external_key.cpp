// A key in libcrypto's older form, with methods of its own: RSA and EC_KEY. OpenSSL 3 calls that form
// deprecated, but honours it: keys with foreign methods stay with libcrypto's code of before 3.0, which calls
// them. Its successor is a provider, which would have to be registered in the application's own library
// context, and do all that can be done with a public key as well.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "engine/libssl/external_key.hpp"

#include "base/fail.hpp"
#include "base/pem.hpp"
#include "base/text.hpp"
#include "engine/libssl/errors.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

using rsa_ptr = std::unique_ptr<RSA, openssl_deleter<RSA_free>>;
using ec_key_ptr = std::unique_ptr<EC_KEY, openssl_deleter<EC_KEY_free>>;

// remote is what a key of ours holds instead of a private one.
struct remote {
  std::string key_hash;
  sign_function sign;
};

// Keys own what they hold by their methods, and not by callbacks of the index: libcrypto calls those for each
// key of the process, also when this library is loaded no more.
int rsa_index() noexcept {
  static const int index = RSA_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}
int ec_index() noexcept {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

using shared_remote = std::shared_ptr<const remote>;
const shared_remote* remote_of(const RSA* key) noexcept {
  return static_cast<const shared_remote*>(RSA_get_ex_data(key, rsa_index()));
}
const shared_remote* remote_of(const EC_KEY* key) noexcept {
  return static_cast<const shared_remote*>(EC_KEY_get_ex_data(key, ec_index()));
}

thread_local constinit std::unique_ptr<error>* reason = nullptr;

tl::unexpected<error> failed(std::string_view sentence) {
  return fail(errc::handshake_failed, cat({"handshake failed: sign: ", sentence}));
}

// queue_as_it_was takes from OpenSSL's queue of errors what was left there meanwhile. An application that
// signs with OpenSSL itself may leave something, and libssl, in the middle of whose work this is, would take
// it for its own.
struct queue_as_it_was {
  queue_as_it_was() noexcept { ERR_set_mark(); }
  queue_as_it_was(const queue_as_it_was&) = delete;
  queue_as_it_was& operator=(const queue_as_it_was&) = delete;
  ~queue_as_it_was() { ERR_pop_to_mark(); }
};

result<bytes> call(const remote& far, const sign_request& request) {
  const queue_as_it_was at_end;
  try {
    auto signature = far.sign(request);
    if (signature) return signature;
    const std::string& sentence = signature.error().message;
    auto told = failed(sentence.empty() ? std::string_view("no reason given") : std::string_view(sentence));
    told.value().native = signature.error().native;
    return told;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    return failed(escaped(e.what()));
  } catch (...) {
    return failed("an exception that is no std::exception");
  }
}

// signed_by asks for a signature and has it checked, so that nothing wrong is sent: with RSA, one that is
// false by a fault of the hardware can give the key away.
template <class Check>
result<bytes> signed_by(const shared_remote* far, std::span<const unsigned char> input,
                        signature_padding padding, Check&& is_right) {
  auto signature =
      call(**far, {.key_hash = (*far)->key_hash, .input = std::as_bytes(input), .padding = padding});
  if (signature && !std::forward<Check>(is_right)(*signature)) {
    return failed("the signature is not that of the certificate's key");
  }
  return signature;
}

const unsigned char* octets(const bytes& data) noexcept {
  return reinterpret_cast<const unsigned char*>(data.data());
}

// answered runs a body that gives a signature, and gives the number of its bytes, or -1.
template <class Body>
int answered(unsigned char* into, Body&& body) noexcept {
  auto signature = guarded(std::forward<Body>(body));
  if (signature) {
    std::copy_n(octets(*signature), signature->size(), into);
    return static_cast<int>(signature->size());
  }
  static_cast<void>(guarded([&]() -> result<void> {
    if (reason != nullptr) *reason = std::make_unique<error>(std::move(signature.error()));
    return {};
  }));
  return -1;
}

// -- RSA

int sign_by_rsa(int size, const unsigned char* input, unsigned char* into, RSA* key, int padding) noexcept {
  if (padding != RSA_NO_PADDING && padding != RSA_PKCS1_PADDING) return -1;
  const std::span given(input, static_cast<std::size_t>(size));
  const auto modulus = static_cast<std::size_t>(RSA_size(key));
  return answered(into, [&] {
    const auto kind = padding == RSA_NO_PADDING ? signature_padding::none : signature_padding::rsa_pkcs1;
    return signed_by(remote_of(key), given, kind, [&](const bytes& signature) {
      if (signature.size() != modulus) return false;
      std::vector<unsigned char> opened(modulus);
      const int n = RSA_public_decrypt(RSA_size(key), octets(signature), opened.data(), key, padding);
      return n >= 0 && std::equal(given.begin(), given.end(), opened.begin(), opened.begin() + n);
    });
  });
}

int decrypt_by_rsa(int, const unsigned char*, unsigned char*, RSA*, int) noexcept { return -1; }

int finish_rsa(RSA* key) noexcept {
  delete remote_of(key);
  return RSA_meth_get_finish(RSA_PKCS1_OpenSSL())(key);
}

const RSA_METHOD* rsa_method() noexcept {
  static const RSA_METHOD* const method = [] {
    RSA_METHOD* made = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    if (made == nullptr) return made;
    RSA_meth_set_flags(made, RSA_meth_get_flags(made) | RSA_FLAG_EXT_PKEY);
    RSA_meth_set_priv_enc(made, sign_by_rsa);
    RSA_meth_set_priv_dec(made, decrypt_by_rsa);
    RSA_meth_set_finish(made, finish_rsa);
    return made;
  }();
  return method;
}

result<evp_pkey_ptr> external_rsa(EVP_PKEY* half, std::unique_ptr<shared_remote> far) {
  const RSA* known = EVP_PKEY_get0_RSA(half);
  rsa_ptr key(known == nullptr ? nullptr : RSAPublicKey_dup(known));
  evp_pkey_ptr made(EVP_PKEY_new());
  if (!key || !made || rsa_method() == nullptr || RSA_set_ex_data(key.get(), rsa_index(), far.get()) != 1)
    return fail(library_error("RSAPublicKey_dup"));
  RSA_set_method(key.get(), rsa_method());
  static_cast<void>(far.release());  // the method owns it now
  if (EVP_PKEY_assign_RSA(made.get(), key.get()) != 1) return fail(library_error("EVP_PKEY_assign"));
  static_cast<void>(key.release());
  return made;
}

// -- EC

int sign_by_ec(int /*type*/, const unsigned char* digest, int size, unsigned char* into, unsigned* written,
               const BIGNUM* /*kinv*/, const BIGNUM* /*r*/, EC_KEY* key) noexcept {
  const std::span given(digest, static_cast<std::size_t>(size));
  const auto room = static_cast<std::size_t>(ECDSA_size(key));
  const int n = answered(into, [&] {
    return signed_by(remote_of(key), given, signature_padding::none, [&](const bytes& signature) {
      return signature.size() <= room &&
             ECDSA_verify(0, digest, size, octets(signature), static_cast<int>(signature.size()), key) == 1;
    });
  });
  *written = n < 0 ? 0 : static_cast<unsigned>(n);
  return n < 0 ? 0 : 1;
}

void finish_ec(EC_KEY* key) noexcept { delete remote_of(key); }

// libcrypto copies the pointer.
int copy_ec(EC_KEY* copy, const EC_KEY* original) noexcept {
  auto far = guarded([&]() -> result<std::unique_ptr<shared_remote>> {
    return std::make_unique<shared_remote>(*remote_of(original));
  });
  return EC_KEY_set_ex_data(copy, ec_index(), far ? far->release() : nullptr) == 1 && far ? 1 : 0;
}

const EC_KEY_METHOD* ec_method() noexcept {
  static const EC_KEY_METHOD* const method = [] {
    EC_KEY_METHOD* made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    if (made == nullptr) return made;
    EC_KEY_METHOD_set_sign(made, sign_by_ec, nullptr, nullptr);
    EC_KEY_METHOD_set_init(made, nullptr, finish_ec, copy_ec, nullptr, nullptr, nullptr);
    return made;
  }();
  return method;
}

result<evp_pkey_ptr> external_ec(EVP_PKEY* half, std::unique_ptr<shared_remote> far) {
  const EC_KEY* known = EVP_PKEY_get0_EC_KEY(half);
  ec_key_ptr key(known == nullptr ? nullptr : EC_KEY_dup(known));
  evp_pkey_ptr made(EVP_PKEY_new());
  if (!key || !made || ec_method() == nullptr || EC_KEY_set_ex_data(key.get(), ec_index(), far.get()) != 1 ||
      EC_KEY_set_method(key.get(), ec_method()) != 1) {
    return fail(library_error("EC_KEY_dup"));
  }
  static_cast<void>(far.release());  // the method owns it now
  if (EVP_PKEY_assign_EC_KEY(made.get(), key.get()) != 1) return fail(library_error("EVP_PKEY_assign"));
  static_cast<void>(key.release());
  return made;
}

}  // namespace

result<evp_pkey_ptr> external_key(const X509* certificate, std::string key_hash, sign_function sign) {
  forget_errors();
  EVP_PKEY* half = X509_get0_pubkey(certificate);
  if (half == nullptr) return fail(errc::bad_config, "its key is of a kind that libssl does not know");
  auto far = std::make_unique<shared_remote>(
      std::make_shared<const remote>(remote{std::move(key_hash), std::move(sign)}));
  if (EVP_PKEY_is_a(half, "RSA") == 1) return external_rsa(half, std::move(far));
  if (EVP_PKEY_is_a(half, "EC") == 1) return external_ec(half, std::move(far));
  const char* kind = EVP_PKEY_get0_type_name(half);
  return fail(errc::bad_config, cat({"sign cannot sign for a key of the kind ",
                                     kind == nullptr ? "unknown" : kind, "; for RSA and EC it can"}));
}

signing_scope::signing_scope(std::unique_ptr<error>& why) noexcept : outer_(std::exchange(reason, &why)) {}
signing_scope::~signing_scope() { reason = outer_; }

STLS_NAMESPACE_END
