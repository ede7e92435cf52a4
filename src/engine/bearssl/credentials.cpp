#include "engine/bearssl/credentials.hpp"

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "engine/bearssl/public_key.hpp"
#include "engine/bearssl/usages.hpp"
#include "x509/certificate.hpp"
#include "x509/signature_algorithm.hpp"

#include <algorithm>
#include <array>
#include <string>

STLS_NAMESPACE_BEGIN

namespace {

intern_table<bearssl_keypair>& table() {
  static auto& all =
      *new intern_table<bearssl_keypair>;  // never destroyed: configs may outlive main's statics
  return all;
}

tl::unexpected<error> is_encrypted() {
  return fail(errc::unsupported, "encrypted keys are not supported by engine 'bearssl'; decrypt it first");
}

// What libssl at stls's level of security says of the same certificates.
result<void> check_strength(const x509::certificate& leaf, const x509::public_key& key) {
  constexpr std::size_t weakest_rsa = 2048;
  if (const auto* rsa = std::get_if<x509::rsa_key>(&key); rsa != nullptr && rsa->bits < weakest_rsa) {
    return fail(errc::bad_config, "too weak: ee key too small");
  }
  const auto algorithm = x509::parse_signature_algorithm(leaf.signature_algorithm);
  const bool self_signed =
      std::equal(leaf.issuer.begin(), leaf.issuer.end(), leaf.subject.begin(), leaf.subject.end());
  if (!self_signed && algorithm.digest < x509::hash::sha256 &&
      (algorithm.kind == x509::signature_kind::rsa_pkcs1 || algorithm.kind == x509::signature_kind::ecdsa)) {
    return fail(errc::bad_config, "too weak: ca md too weak");
  }
  return {};
}

result<bearssl_keypair> make(const keypair_settings& pair) {
  bearssl_keypair made;
  made.chain = pair.chain;
  for (bytes& der : made.chain) {
    made.views.push_back({reinterpret_cast<unsigned char*>(der.data()), der.size()});
  }
  const auto leaf = x509::parse_certificate(made.chain.front());
  if (!leaf) return fail(errc::bad_pem, cat({pair.option, "cert: ", leaf.error().message}));
  auto key = bearssl_private_key::read(pair.key.view());
  if (!key) {
    key.error().message = cat({pair.option, "key: ", key.error().message});
    return fail(std::move(key.error()));
  }
  const auto parsed = x509::parse_public_key(leaf->public_key);
  const auto public_key = parsed ? bearssl_key(*parsed) : std::nullopt;
  if (!public_key || !(*key)->belongs_to(*public_key)) {
    return fail(errc::key_mismatch,
                cat({pair.option, "key: does not belong to the certificate in ", pair.option, "cert"}));
  }
  if (auto strong = check_strength(*leaf, *parsed); !strong) {
    return fail(errc::bad_config, cat({pair.option, "cert: ", strong.error().message}));
  }
  made.key = std::move(*key);
  made.usages = usages_of(*leaf);
  const auto signed_by = x509::parse_signature_algorithm(leaf->signature_algorithm);
  made.issuer_key_type = signed_by.kind == x509::signature_kind::ecdsa ? BR_KEYTYPE_EC : BR_KEYTYPE_RSA;
  return made;
}

// The name that a keypair is found by. The table wipes it.
std::string identity(const keypair_settings& pair) {
  std::string all;
  for (const bytes& der : pair.chain) all.append(reinterpret_cast<const char*>(der.data()), der.size());
  all.append(pair.key.view());
  return all;
}

}  // namespace

bearssl_private_key::~bearssl_private_key() { wipe(std::as_writable_bytes(std::span(&decoder_, 1))); }

result<std::unique_ptr<const bearssl_private_key>> bearssl_private_key::read(std::string_view text) {
  auto blocks = pem_blocks(text);
  if (!blocks) return fail(std::move(blocks.error()));
  pem_block& block = blocks->front();
  if (block.has_headers || block.label == "ENCRYPTED PRIVATE KEY") return is_encrypted();
  auto made = std::make_unique<bearssl_private_key>();
  br_skey_decoder_push(&made->decoder_, block.der.data(), block.der.size());
  wipe(block.der);
  const int failure = br_skey_decoder_last_error(&made->decoder_);
  if (failure == BR_ERR_X509_UNSUPPORTED) {
    return fail(errc::unsupported, "a key of its kind is not supported by engine 'bearssl'; RSA and EC are");
  }
  if (failure != 0) {
    return fail(errc::bad_pem,
                cat({"not a private key that BearSSL can read: error ", std::to_string(failure)}));
  }
  return made;
}

bool bearssl_private_key::belongs_to(const br_x509_pkey& certified) const {
  const auto same = [](const unsigned char* a, std::size_t a_size, const unsigned char* b,
                       std::size_t b_size) { return std::equal(a, a + a_size, b, b + b_size); };
  if (rsa() != nullptr) {
    if (certified.key_type != BR_KEYTYPE_RSA) return false;
    const br_rsa_compute_modulus compute = br_rsa_compute_modulus_get_default();
    std::vector<unsigned char> modulus(compute(nullptr, rsa()));
    compute(modulus.data(), rsa());
    return same(modulus.data(), modulus.size(), certified.key.rsa.n, certified.key.rsa.nlen);
  }
  if (ec() == nullptr || certified.key_type != BR_KEYTYPE_EC || certified.key.ec.curve != ec()->curve)
    return false;
  std::array<unsigned char, BR_EC_KBUF_PUB_MAX_SIZE> point{};
  const std::size_t size = br_ec_compute_pub(br_ec_get_default(), nullptr, point.data(), ec());
  return same(point.data(), size, certified.key.ec.q, certified.key.ec.qlen);
}

void bearssl_keypair::set_in(br_ssl_client_context& client) const noexcept {
  if (key->rsa() != nullptr) {
    br_ssl_client_set_single_rsa(&client, views.data(), views.size(), key->rsa(),
                                 br_rsa_pkcs1_sign_get_default());
  } else {
    // A key for signatures alone: no static ECDH, which has no forward secrecy.
    br_ssl_client_set_single_ec(&client, views.data(), views.size(), key->ec(), BR_KEYTYPE_SIGN,
                                issuer_key_type, br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
  }
}

void bearssl_keypair::set_in(br_ssl_server_context& server) const noexcept {
  if (key->rsa() != nullptr) {
    br_ssl_server_set_single_rsa(&server, views.data(), views.size(), key->rsa(), usages,
                                 br_rsa_private_get_default(), br_rsa_pkcs1_sign_get_default());
  } else {
    br_ssl_server_set_single_ec(&server, views.data(), views.size(), key->ec(), BR_KEYTYPE_SIGN,
                                issuer_key_type, br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
  }
}

result<std::shared_ptr<const bearssl_credentials>> load_bearssl_credentials(const settings& set) {
  auto loaded = std::make_shared<bearssl_credentials>();
  for (const keypair_settings& pair : set.keypairs) {
    std::string name = identity(pair);
    auto made = table().find_or_make(name, [&] { return make(pair); });
    wipe(name);
    if (!made) return fail(std::move(made.error()));
    loaded->keypairs.push_back(std::move(*made));
  }
  // BearSSL has its protocols as C strings.
  for (const std::string& protocol : set.alpn) {
    if (protocol.find('\0') != std::string::npos) {
      return fail(errc::unsupported, cat({"alpn: ", in_quotes(protocol),
                                          " with a NUL in it is not supported by engine 'bearssl'"}));
    }
  }
  return loaded;
}

intern_count bearssl_keypair_count() { return table().count(); }

STLS_NAMESPACE_END
