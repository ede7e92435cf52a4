// The main function of the test programs.
#include "support/child.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

#if defined(__SANITIZE_THREAD__)
// libssl and libcrypto are not instrumented, so ThreadSanitizer does not see the atomic counts by which they
// free what threads share, and takes a memcpy and a later free there for a race. It is not to look at what it
// intercepts of their calls; ours are looked at as before.
extern "C" const char* __tsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcrypto.so.3\ncalled_from_lib:libssl.so.3\n";
}
#endif

int main(int argc, char** argv) {
  if (const int code = stls::test::child_main(); code >= 0) return code;
  ::testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests)) {
    std::printf("seed: repeat with STLS_SEED=%" PRIu64 "\n", stls::test::seed());
    std::fflush(stdout);
  }
  return RUN_ALL_TESTS();
}
