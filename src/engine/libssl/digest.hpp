// SHA-256 by libcrypto.
#pragma once

#include "engine/libssl/openssl.hpp"

#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

STLS_NAMESPACE_BEGIN

// sha256 is looked up once; EVP_sha256() would be again, and at length, in each digest.
inline const EVP_MD* sha256() noexcept {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

// digest hashes a sequence of items. Their sizes are hashed with them, so that the borders between items
// matter. Failures are bad_alloc: SHA-256 has no others.
class digest {
 public:
  digest() : state_(EVP_MD_CTX_new()) {
    check(state_ && EVP_DigestInit_ex(state_.get(), sha256(), nullptr) == 1);
  }

  void add(std::span<const std::byte> item) {
    const std::uint64_t size = item.size();
    check(EVP_DigestUpdate(state_.get(), &size, sizeof size) == 1);
    check(EVP_DigestUpdate(state_.get(), item.data(), item.size()) == 1);
  }

  [[nodiscard]] std::array<std::byte, 32> sum() {
    std::array<std::byte, 32> result{};
    check(EVP_DigestFinal_ex(state_.get(), reinterpret_cast<unsigned char*>(result.data()), nullptr) == 1);
    return result;
  }

  // of is the plain SHA-256 of one text.
  [[nodiscard]] static std::array<std::byte, 32> of(std::span<const std::byte> text) {
    std::array<std::byte, 32> result{};
    check(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(result.data()), nullptr,
                     sha256(), nullptr) == 1);
    return result;
  }

 private:
  static void check(bool fine) {
    if (!fine) throw std::bad_alloc();
  }
  std::unique_ptr<EVP_MD_CTX, openssl_deleter<EVP_MD_CTX_free>> state_;
};

STLS_NAMESPACE_END
