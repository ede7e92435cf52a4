// The main function of the test programs.
#include "support/child.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

int main(int argc, char** argv) {
  if (const int code = stls::test::child_main(); code >= 0) return code;
  ::testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests)) {
    std::printf("seed: repeat with STLS_SEED=%" PRIu64 "\n", stls::test::seed());
    std::fflush(stdout);
  }
  return RUN_ALL_TESTS();
}
