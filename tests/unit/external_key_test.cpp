// Keys that sign elsewhere, as libcrypto has them: what its copies own.
#if defined(STLS_ENGINE_LIBSSL)

#include "engine/libssl/external_key.hpp"
#include "engine/libssl/signing_key.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <openssl/pem.h>

#include <memory>
#include <string>

namespace stls::test {
namespace {

x509_ptr certificate(const char* file) {
  const std::string text = pki::read(pki::path(file));
  const bio_ptr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return x509_ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

TEST(external_key, owns_its_function_and_so_does_a_copy) {
  for (const char* file : {"server.pem", "server-rsa.pem"}) {
    const auto cert = certificate(file);
    const auto life = std::make_shared<int>();
    auto key = external_key(cert.get(), hash_of_key(cert.get()),
                            [life](const sign_request&) { return result<bytes>(); });
    ASSERT_TRUE(succeeded(key));
    EXPECT_EQ(X509_check_private_key(cert.get(), key->get()), 1);
    EXPECT_EQ(life.use_count(), 2);
    const evp_pkey_ptr copy(EVP_PKEY_dup(key->get()));  // not of each kind
    key->reset();
    EXPECT_EQ(life.use_count(), copy ? 2 : 1);
  }
}

TEST(external_key, keeps_a_reason_for_nobody_where_nobody_asks) {
  const auto cert = certificate("server.pem");
  auto key = external_key(cert.get(), "", [](const sign_request&) { return result<bytes>(); });
  ASSERT_TRUE(succeeded(key));
  const sign_request request{.input = {}};
  EXPECT_FALSE(sign_with(key->get(), request));
  std::unique_ptr<error> why;
  {
    const signing_scope scope(why);
    EXPECT_FALSE(sign_with(key->get(), request));
  }
  ASSERT_NE(why, nullptr);
  EXPECT_TRUE(is_error(*why, errc::handshake_failed,
                       "handshake failed: sign: the signature is not that of the certificate's key"));
}

}  // namespace
}  // namespace stls::test

#endif
