#include "support/expect.hpp"
#include "support/pki.hpp"

#include <stls/config.hpp>
#include <stls/engine.hpp>

#include <gtest/gtest.h>

namespace stls::test {
namespace {

TEST(decrypted_key, is_the_same_key_in_the_clear) {
  for (const provider* engine : providers()) {
    if (!engine->capabilities().encrypted_keys) continue;
    for (const char* file : {"server-encrypted.key", "server-legacy-encrypted.key"}) {
      SCOPED_TRACE(file);
      const auto key = engine->decrypted_key(pki::read(pki::path(file)), "secret");
      ASSERT_TRUE(succeeded(key));
      EXPECT_EQ(key->find("ENCRYPTED"), std::string::npos);
      EXPECT_TRUE(succeeded(config::make(
          {.cert = pki::file("server.pem"), .key = pem::text(*key), .engine = std::string(engine->name())})));
    }
  }
}

TEST(decrypted_key, says_what_is_wrong) {
  for (const provider* engine : providers()) {
    if (!engine->capabilities().encrypted_keys) continue;
    const std::string key = pki::read(pki::path("server-encrypted.key"));
    EXPECT_TRUE(is_error(engine->decrypted_key(key, "wrong"), errc::bad_pem,
                         "cannot be decrypted with key_password"));
    EXPECT_TRUE(is_error(engine->decrypted_key("no key", "secret"), errc::bad_pem));
  }
}

}  // namespace
}  // namespace stls::test
