#include "engine/registry.hpp"

#include <stls/engine.hpp>

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

std::span<const provider* const> providers() noexcept {
  // The default engine stands first.
  static const std::array built_in = {
#if STLS_ENGINE_LIBSSL
    &libssl_provider(),
#endif
#if STLS_ENGINE_BEARSSL
    &bearssl_provider(),
#endif
  };
  return built_in;
}

const provider* find_provider(std::string_view name) noexcept {
  const auto all = providers();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const provider* p) { return p->name() == name; });
  return found == all.end() ? nullptr : *found;
}

STLS_NAMESPACE_END
