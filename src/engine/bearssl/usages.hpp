// What a certificate's key may be used for, in BearSSL's terms.
#pragma once

#include "x509/certificate.hpp"

#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// usages_of gives BR_KEYTYPE_SIGN and BR_KEYTYPE_KEYX by the extension keyUsage; both where there is none.
[[nodiscard]] unsigned usages_of(const x509::certificate&) noexcept;

STLS_NAMESPACE_END
