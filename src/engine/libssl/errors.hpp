// libssl's errors as stls's.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// take_queue empties this thread's error queue and gives its first entry, which is the cause; what comes
// after tells how the failure travelled up. No entry: a code of 0.
struct queued_error {
  unsigned long code = 0;
  [[nodiscard]] bool is_ssl(int wanted) const noexcept;
  [[nodiscard]] bool out_of_memory() const noexcept;
  [[nodiscard]] int alert_received() const noexcept;  // -1: it is something else
  [[nodiscard]] std::string reason() const;           // OpenSSL's words for it, lower case
};
[[nodiscard]] queued_error take_queue() noexcept;

// forget_errors empties the queue, so that what is found there after a call is the call's.
void forget_errors() noexcept;

// library_error is for calls that fail only for want of memory, or by a bug: `libssl: SSL_new: ...`.
[[nodiscard]] error library_error(std::string_view call);

// protocol_error gives a sentence and a code to what ended a handshake or a connection inside libssl.
[[nodiscard]] error protocol_error(const queued_error&, bool in_handshake);

STLS_NAMESPACE_END
