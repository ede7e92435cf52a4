// What BearSSL's error codes mean.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

inline constexpr int no_alert = -1;

// bearssl_error tells of a failure by BearSSL's code. Its `alert` is the one that was received or sent.
[[nodiscard]] error bearssl_error(int code, bool in_handshake);

// alert_for gives the alert that RFC 5246 section 7.2.2 wants in answer to a failure that BearSSL keeps
// silent about; or none, as the peer has been told, or has told us.
[[nodiscard]] int alert_for(int code) noexcept;

STLS_NAMESPACE_END
