#include "sock/kit/link_case.hpp"

#include <ostream>

namespace stls::test {

std::string link_case::name() const {
  const std::string engines = engine_case::name();
  switch (by) {
    case way::direct:
      break;
    case way::dribbled:
      return engines + "_dribbled";
    case way::delayed:
      return engines + "_delayed";
  }
  return engines;
}

std::optional<route> link_case::between() const {
  switch (by) {
    case way::direct:
      break;
    case way::dribbled:
      return dribbled();
    case way::delayed:
      return delayed();
  }
  return std::nullopt;
}

void PrintTo(const link_case& c, std::ostream* out) { *out << c.name(); }

std::vector<link_case> link_cases() {
  std::vector<link_case> all;
  for (const auto& engines : engine_cases()) {
    for (const auto by : {way::direct, way::dribbled, way::delayed}) {
      link_case c;
      static_cast<engine_case&>(c) = engines;
      c.by = by;
      all.push_back(c);
    }
  }
  return all;
}

std::string link_name(const ::testing::TestParamInfo<link_case>& info) { return info.param.name(); }

}  // namespace stls::test
