// The texts of errc and of alerts.
#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <ostream>
#include <stls/error.hpp>
#include <string>

STLS_NAMESPACE_BEGIN

namespace {

class stls_category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "stls"; }

  [[nodiscard]] std::string message(int code) const override {
    // No default: the compiler then says when a new code has no text.
    switch (static_cast<errc>(code)) {
      case errc::invalid_argument:
        return "invalid argument";
      case errc::invalid_state:
        return "not possible in this state";
      case errc::busy:
        return "in use by another operation";
      case errc::unsupported:
        return "not supported";
      case errc::out_of_memory:
        return "out of memory";
      case errc::eof:
        return "the peer ended the stream";
      case errc::closed:
        return "closed on this side";
      case errc::truncated:
        return "the stream ended without close_notify";
      case errc::timed_out:
        return "timed out";
      case errc::cancelled:
        return "cancelled";
      case errc::transport:
        return "the transport failed";
      case errc::handshake_failed:
        return "handshake failed";
      case errc::protocol:
        return "the peer broke the protocol";
      case errc::alert_received:
        return "the peer sent an alert";
      case errc::certificate_untrusted:
        return "certificate is not trusted";
      case errc::certificate_expired:
        return "certificate has expired";
      case errc::certificate_not_yet_valid:
        return "certificate is not yet valid";
      case errc::certificate_name_mismatch:
        return "certificate is for another name";
      case errc::certificate_revoked:
        return "certificate is revoked";
      case errc::certificate_missing:
        return "no certificate from the peer";
      case errc::revocation_unknown:
        return "revocation status is unknown";
      case errc::key_mismatch:
        return "private key does not belong to the certificate";
      case errc::bad_pem:
        return "malformed certificate, key or document";
      case errc::bad_config:
        return "bad value of an option";
      case errc::not_found:
        return "host not found";
      case errc::too_large:
        return "too large";
      case errc::internal:
        return "internal error";
    }
    return "unknown error";
  }
};

struct named_alert {
  int alert;
  std::string_view name;
};

constexpr std::array<named_alert, 34> named_alerts{{
    // RFC 8446 section 6.
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    // Those that only older versions send: RFC 5246 section 7.2 and RFC 6066 section 9.
    {21, "decryption_failed"},
    {30, "decompression_failure"},
    {41, "no_certificate"},
    {60, "export_restriction"},
    {100, "no_renegotiation"},
    {111, "certificate_unobtainable"},
    {114, "bad_certificate_hash_value"},
}};

}  // namespace

const std::error_category& category() noexcept {
  // Never destroyed: an error may be looked at while static objects are.
  alignas(stls_category) static std::array<std::byte, sizeof(stls_category)> room;
  static const stls_category& the_category = *new (room.data()) stls_category;
  return the_category;
}

std::ostream& operator<<(std::ostream& out, const error& e) { return out << e.message; }

std::string_view alert_name(int alert) noexcept {
  const auto* const found = std::find_if(named_alerts.begin(), named_alerts.end(),
                                         [alert](const named_alert& known) { return known.alert == alert; });
  return found != named_alerts.end() ? found->name : "unknown alert";
}

STLS_NAMESPACE_END
