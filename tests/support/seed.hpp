// The seed of all that is random in tests.
#pragma once

#include <cstdint>
#include <random>

namespace stls::test {

// seed is $STLS_SEED, else another one each run. main() prints it.
std::uint64_t seed();

// dice makes a generator that depends on the seed, the running test, and how many that test has made before.
std::mt19937_64 dice();

}  // namespace stls::test
