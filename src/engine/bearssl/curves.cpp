#include "engine/bearssl/curves.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

STLS_NAMESPACE_BEGIN

namespace {

struct known_curve {
  std::string_view name;
  int number;
};
constexpr std::array curves = {
    known_curve{"X25519", BR_EC_curve25519},
    known_curve{"P-256", BR_EC_secp256r1},
    known_curve{"P-384", BR_EC_secp384r1},
    known_curve{"P-521", BR_EC_secp521r1},
};

}  // namespace

bool knows_curve(std::string_view name) noexcept { return curve_number(name) != 0; }

int curve_number(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(curves.begin(), curves.end(), [&](const known_curve& c) { return c.name == name; });
  return found == curves.end() ? 0 : found->number;
}

std::string_view curve_name(int number) noexcept {
  const auto* const found =
      std::find_if(curves.begin(), curves.end(), [&](const known_curve& c) { return c.number == number; });
  return found == curves.end() ? std::string_view() : found->name;
}

br_ec_impl curves_of(const group_list& list) noexcept {
  std::uint32_t wanted = 0;
  for (const auto& [name, number] : curves) {
    if (std::find(list.names.begin(), list.names.end(), name) != list.names.end()) {
      wanted |= std::uint32_t{1} << static_cast<unsigned>(number);
    }
  }
  br_ec_impl code = *br_ec_get_default();
  code.supported_curves &= wanted;
  return code;
}

STLS_NAMESPACE_END
