#include "engine/bearssl/errors.hpp"

#include "base/text.hpp"

#include <bearssl.h>

#include <algorithm>
#include <array>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace {

struct known_code {
  int code;
  errc meaning;
  int alert;
  std::string_view sentence;
};
constexpr std::array known_codes = {
    known_code{BR_ERR_BAD_PARAM, errc::protocol, BR_ALERT_DECODE_ERROR, "malformed message"},
    known_code{BR_ERR_UNSUPPORTED_VERSION, errc::handshake_failed, BR_ALERT_PROTOCOL_VERSION,
               "no common protocol version"},
    known_code{BR_ERR_BAD_VERSION, errc::protocol, BR_ALERT_PROTOCOL_VERSION, "a record of another version"},
    known_code{BR_ERR_BAD_LENGTH, errc::protocol, BR_ALERT_RECORD_OVERFLOW, "record too long"},
    known_code{BR_ERR_TOO_LARGE, errc::protocol, BR_ALERT_RECORD_OVERFLOW, "record too long"},
    known_code{BR_ERR_BAD_MAC, errc::protocol, BR_ALERT_BAD_RECORD_MAC,
               "decryption failed or bad record mac"},
    known_code{BR_ERR_NO_RANDOM, errc::internal, BR_ALERT_INTERNAL_ERROR, "no random bytes from the system"},
    known_code{BR_ERR_UNKNOWN_TYPE, errc::protocol, BR_ALERT_UNEXPECTED_MESSAGE,
               "a record of an unknown type"},
    known_code{BR_ERR_UNEXPECTED, errc::protocol, BR_ALERT_UNEXPECTED_MESSAGE, "unexpected message"},
    known_code{BR_ERR_BAD_CCS, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER, "bad change cipher spec"},
    known_code{BR_ERR_BAD_ALERT, errc::protocol, BR_ALERT_DECODE_ERROR, "bad alert"},
    known_code{BR_ERR_BAD_HANDSHAKE, errc::protocol, BR_ALERT_DECODE_ERROR, "malformed message"},
    known_code{BR_ERR_OVERSIZED_ID, errc::protocol, BR_ALERT_DECODE_ERROR, "session ID too long"},
    known_code{BR_ERR_BAD_CIPHER_SUITE, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER,
               "server chose a cipher that was not offered"},
    known_code{BR_ERR_BAD_COMPRESSION, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER,
               "server chose a compression that was not offered"},
    known_code{BR_ERR_BAD_FRAGLEN, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER, "bad maximum fragment length"},
    known_code{BR_ERR_BAD_SECRENEG, errc::protocol, BR_ALERT_HANDSHAKE_FAILURE,
               "bad secure renegotiation information"},
    known_code{BR_ERR_EXTRA_EXTENSION, errc::protocol, BR_ALERT_UNSUPPORTED_EXTENSION,
               "server sent an extension that was not asked for"},
    known_code{BR_ERR_BAD_SNI, errc::protocol, BR_ALERT_DECODE_ERROR, "bad server name extension"},
    known_code{BR_ERR_BAD_HELLO_DONE, errc::protocol, BR_ALERT_DECODE_ERROR, "bad server hello done"},
    known_code{BR_ERR_LIMIT_EXCEEDED, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER,
               "a key or signature that is too large"},
    known_code{BR_ERR_BAD_FINISHED, errc::protocol, BR_ALERT_DECRYPT_ERROR, "bad finished message"},
    known_code{BR_ERR_RESUME_MISMATCH, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER,
               "the resumed session is of another version or cipher"},
    known_code{BR_ERR_INVALID_ALGORITHM, errc::protocol, BR_ALERT_ILLEGAL_PARAMETER,
               "an algorithm that was not offered"},
    known_code{BR_ERR_BAD_SIGNATURE, errc::protocol, BR_ALERT_DECRYPT_ERROR, "bad signature"},
    known_code{BR_ERR_WRONG_KEY_USAGE, errc::certificate_untrusted, BR_ALERT_UNSUPPORTED_CERTIFICATE,
               "the key of the certificate may not be used so"},
    known_code{BR_ERR_NO_CLIENT_AUTH, errc::certificate_missing, BR_ALERT_HANDSHAKE_FAILURE,
               "peer sent no certificate"},
    // What BearSSL has sent as an alert by itself.
    known_code{BR_ERR_SEND_FATAL_ALERT + BR_ALERT_HANDSHAKE_FAILURE, errc::handshake_failed, no_alert,
               "no common cipher"},
    known_code{BR_ERR_SEND_FATAL_ALERT + BR_ALERT_PROTOCOL_VERSION, errc::handshake_failed, no_alert,
               "no common protocol version"},
    known_code{BR_ERR_SEND_FATAL_ALERT + BR_ALERT_NO_APPLICATION_PROTOCOL, errc::handshake_failed, no_alert,
               "no common application protocol"},
    known_code{BR_ERR_SEND_FATAL_ALERT + 86, errc::handshake_failed, no_alert, "inappropriate fallback"},
};

const known_code* find(int code) noexcept {
  const auto* const found = std::find_if(known_codes.begin(), known_codes.end(),
                                         [&](const known_code& k) { return k.code == code; });
  return found == known_codes.end() ? nullptr : found;
}

bool is_received(int code) noexcept {
  return code >= BR_ERR_RECV_FATAL_ALERT && code < BR_ERR_SEND_FATAL_ALERT;
}

}  // namespace

error bearssl_error(int code, bool in_handshake) {
  const std::string_view prefix = in_handshake ? "handshake failed: " : "";
  if (is_received(code)) {
    error e(errc::alert_received,
            cat({prefix, "alert received: ", alert_name(code - BR_ERR_RECV_FATAL_ALERT)}));
    e.alert = code - BR_ERR_RECV_FATAL_ALERT;
    return e;
  }
  const known_code* known = find(code);
  error e(known == nullptr ? errc::internal : known->meaning,
          cat({prefix, known == nullptr ? std::string_view("BearSSL gave up") : known->sentence}));
  e.native = code;
  if (code >= BR_ERR_SEND_FATAL_ALERT) e.alert = code - BR_ERR_SEND_FATAL_ALERT;
  return e;
}

int alert_for(int code) noexcept {
  if (is_received(code) || code >= BR_ERR_SEND_FATAL_ALERT) return no_alert;
  const known_code* known = find(code);
  return known == nullptr ? BR_ALERT_INTERNAL_ERROR : known->alert;
}

STLS_NAMESPACE_END
