// role: which end of a connection.
#pragma once

#include <stls/export.hpp>

#include <cstdint>

STLS_NAMESPACE_BEGIN

enum class role : std::uint8_t { client, server };

STLS_NAMESPACE_END
