// The engines that can be built in. Each is defined in its own folder, and named here only.
#pragma once

#include <stls/engine.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

[[nodiscard]] const provider& libssl_provider() noexcept;
[[nodiscard]] const provider& bearssl_provider() noexcept;

STLS_NAMESPACE_END
