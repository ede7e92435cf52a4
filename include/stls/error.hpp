// What went wrong: errc, error, and result<T>, which carries either a value or an error.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <tl/expected.hpp>

STLS_NAMESPACE_BEGIN

// errc tells callers apart what they would handle differently; error::message tells people the rest.
//
// End of stream, local close, truncation, time-out and cancellation are five different results, never
// confused.
enum class errc {
  invalid_argument = 1,  // a bad argument of this call; nothing changed
  invalid_state,         // not possible now (before the handshake, on an empty object); nothing changed
  busy,                  // the object is in use by another call, or by the caller further up; nothing changed
  unsupported,           // this engine or this version cannot do it; nothing changed
  out_of_memory,         //
  eof,                   // the peer ended the stream in order where more was needed
  closed,                // this side closed
  truncated,             // the transport ended before the peer's close_notify (RFC 8446 section 6.1)
  timed_out,             //
  cancelled,             //
  transport,             // a callback failed or broke its contract; error::native holds errno, if it was set
  handshake_failed,      // no common version, cipher, group or protocol
  protocol,              // the peer sent what TLS does not allow
  alert_received,        // the peer refused and said why: error::alert
  certificate_untrusted,      // no chain to a trusted root, or a chain that breaks a rule
  certificate_expired,        //
  certificate_not_yet_valid,  //
  certificate_name_mismatch,  //
  certificate_revoked,        //
  certificate_missing,        // the peer sent none where one is required
  revocation_unknown,         //
  key_mismatch,               // the private key does not belong to the certificate
  bad_pem,                    // a file or text is not the PEM, DER or key that it should be
  bad_config,                 // an option's value; the message names option, value and what would be right
  not_found,                  // name resolution: no such host
  too_large,                  // recvall's limit, what came is kept; or that of a file or text of an option
  internal,                   // a bug, in stls or in the engine
};

// category is the std::error_category of errc; its name is "stls".
[[nodiscard]] STLS_EXPORT const std::error_category& category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

// error is one failure: a code to branch on and a sentence to read.
//
// The sentence is lower case, without a full stop, holds no secret, and shows bytes of the peer escaped.
struct error {
  error() noexcept = default;
  error(errc what, std::string sentence) : code(make_error_code(what)), message(std::move(sentence)) {}

  std::error_code code;         // an errc, or a std::errc where the system's own word says it best
  std::size_t transferred = 0;  // bytes that were moved before the failure
  int native = 0;               // errno of a failed callback, or the engine's own code; 0: none
  int alert = -1;               // the TLS alert (RFC 8446 section 6) that was received, if code is
                                // alert_received, else the one that was sent; -1: none
  std::string message;

  [[nodiscard]] friend bool operator==(const error& e, errc expected) noexcept {
    return e.code == make_error_code(expected);
  }
};

// operator<< writes the message. An error never holds a secret.
STLS_EXPORT std::ostream& operator<<(std::ostream&, const error&);

// alert_name gives RFC 8446's name of an alert, e.g. "unknown_ca" for 48; "unknown alert" for others.
[[nodiscard]] STLS_EXPORT std::string_view alert_name(int alert) noexcept;

// result<T> holds a T or an error. value() throws tl::bad_expected_access<error> when there is no value;
// nothing else in stls throws.
template <class T = void>
using result = tl::expected<T, error>;

STLS_NAMESPACE_END

template <>
struct std::is_error_code_enum<stls::errc> : std::true_type {};
