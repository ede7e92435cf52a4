// Random bytes from the system.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <span>

STLS_NAMESPACE_BEGIN

// fill_random fills with random bytes fit for keys. False: there are none, and nothing may be sealed with
// them.
[[nodiscard]] bool fill_random(std::span<std::byte>) noexcept;

STLS_NAMESPACE_END
