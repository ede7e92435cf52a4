// direction: one way, the other, or both.
#pragma once

#include <stls/export.hpp>

#include <cstdint>

STLS_NAMESPACE_BEGIN

enum class direction : std::uint8_t { read = 1, write = 2, both = 3 };

STLS_NAMESPACE_END
