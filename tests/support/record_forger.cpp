#include "support/record_forger.hpp"

#include "support/flight.hpp"

#include <gtest/gtest.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>

namespace stls::test {
namespace {

constexpr std::size_t key_size = 16;
constexpr std::size_t salt_size = 4;
constexpr std::size_t tag_size = 16;

unsigned char* octets(bytes& data) { return reinterpret_cast<unsigned char*>(data.data()); }
const unsigned char* octets(const bytes& data) { return reinterpret_cast<const unsigned char*>(data.data()); }

void put(bytes& to, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) to.push_back(static_cast<std::byte>(value >> (8 * i) & 0xffU));
}

// RFC 5246 section 6.3, and RFC 5288 section 3: the two keys, then the two salts; the client's first.
bytes key_block(bytes secret, std::span<const std::byte> server_random,
                std::span<const std::byte> client_random) {
  auto seed = to_bytes("key expansion");
  append(seed, server_random);
  append(seed, client_random);
  std::string digest = "SHA256";
  const std::array params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_KDF, void (*)(EVP_KDF*)> kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr),
                                                         EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> context(EVP_KDF_CTX_new(kdf.get()),
                                                                     EVP_KDF_CTX_free);
  bytes block(2 * (key_size + salt_size));
  EXPECT_EQ(EVP_KDF_derive(context.get(), octets(block), block.size(), params.data()), 1);
  return block;
}

}  // namespace

record_forger::record_forger(std::string_view key_line, std::span<const std::byte> server_flight, role end) {
  const auto hello = server_hello(server_flight);
  const bool known = hello && key_line.starts_with("CLIENT_RANDOM ");
  EXPECT_TRUE(known) << "no ServerHello, or no secret: " << key_line;
  if (!known) return;
  key_line.remove_prefix(key_line.find(' ') + 1);
  const auto blank = key_line.find(' ');
  const auto block =
      key_block(from_hex(key_line.substr(blank + 1)), hello->random, from_hex(key_line.substr(0, blank)));
  const std::size_t which = end == role::client ? 0 : 1;
  const std::span<const std::byte> all(block);
  const auto key = all.subspan(which * key_size, key_size);
  const auto salt = all.subspan(2 * key_size + which * salt_size, salt_size);
  key_.assign(key.begin(), key.end());
  salt_.assign(salt.begin(), salt.end());
}

bytes record_forger::forge(std::uint8_t type, std::span<const std::byte> content) {
  constexpr std::uint64_t tls1_2 = 0x0303;
  bytes explicit_nonce;
  put(explicit_nonce, sequence_, 8);
  bytes nonce = salt_;
  append(nonce, explicit_nonce);
  bytes header;  // that is authenticated: RFC 5246 section 6.2.3.3
  put(header, sequence_++, 8);
  put(header, type, 1);
  put(header, tls1_2, 2);
  put(header, content.size(), 2);

  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> cipher(EVP_CIPHER_CTX_new(),
                                                                          EVP_CIPHER_CTX_free);
  int n = 0;
  const bytes plain(content.begin(), content.end());
  bytes sealed(content.size());
  bytes tag(tag_size);
  EXPECT_EQ(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, octets(key_), octets(nonce)), 1);
  EXPECT_EQ(EVP_EncryptUpdate(cipher.get(), nullptr, &n, octets(header), static_cast<int>(header.size())), 1);
  if (!plain.empty()) {
    EXPECT_EQ(
        EVP_EncryptUpdate(cipher.get(), octets(sealed), &n, octets(plain), static_cast<int>(plain.size())),
        1);
  }
  EXPECT_EQ(EVP_EncryptFinal_ex(cipher.get(), nullptr, &n), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag.data()), 1);

  bytes fragment = explicit_nonce;
  append(fragment, sealed);
  append(fragment, tag);
  return to_wire(record{.type = type, .version = tls1_2, .content = std::move(fragment)});
}

}  // namespace stls::test
