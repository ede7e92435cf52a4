// What an engine can do of that which the options ask for.
#pragma once

#include "config/settings.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string>

STLS_NAMESPACE_BEGIN

// fit leaves versions, ciphers and groups in the settings that are really in effect. Of a default, the part
// remains that the engine has; what was asked for by name and is not there is noted in settings::dropped; an
// error if nothing is left. `protocols_given`: the option was not empty.
[[nodiscard]] result<void> fit(settings&, const provider&, bool protocols_given);

// dropped_text says what was left out, and why: `X448 (not supported by engine 'libssl'), ...`.
[[nodiscard]] std::string dropped_text(const settings&);

STLS_NAMESPACE_END
