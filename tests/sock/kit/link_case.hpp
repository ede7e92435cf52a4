// link_case: a pair of engines, and what lies between them.
#pragma once

#include "sock/kit/proxy.hpp"
#include "support/engine_case.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace stls::test {

enum class way : std::uint8_t { direct, dribbled, delayed };

struct link_case : engine_case {
  way by = way::direct;

  [[nodiscard]] std::string name() const;  // libssl_libssl_tls13_dribbled
  [[nodiscard]] std::optional<route> between() const;
};
void PrintTo(const link_case&, std::ostream*);

// link_cases gives every pair of engines over each way.
std::vector<link_case> link_cases();
std::string link_name(const ::testing::TestParamInfo<link_case>&);

}  // namespace stls::test
