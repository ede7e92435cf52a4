// The main function of the test programs.
#include "support/child.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

// libcrypto publishes what it caches in a certificate by an atomic flag (x509v3_cache_extensions), in code
// that ThreadSanitizer does not see; it only sees the reading and the writing, in memcmp and malloc.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:ASN1_STRING_cmp\n"; }

int main(int argc, char** argv) {
  if (const int code = stls::test::child_main(); code >= 0) return code;
  ::testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests)) {
    std::printf("seed: repeat with STLS_SEED=%" PRIu64 "\n", stls::test::seed());
    std::fflush(stdout);
  }
  return RUN_ALL_TESTS();
}
