#include "engine/libssl/errors.hpp"

#include "base/text.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cctype>

STLS_NAMESPACE_BEGIN

namespace {

// Sentences of our own for what users meet, the same on every engine. For the rest OpenSSL's words do.
struct known_reason {
  int reason;
  errc code;
  std::string_view sentence;
};
constexpr std::array known_reasons = {
    known_reason{SSL_R_HTTP_REQUEST, errc::protocol, "peer does not speak TLS: it sent a plain HTTP request"},
    known_reason{SSL_R_HTTPS_PROXY_REQUEST, errc::protocol,
                 "peer does not speak TLS: it sent a plain HTTP request"},
    known_reason{SSL_R_WRONG_VERSION_NUMBER, errc::protocol, "a record of another version"},
    known_reason{SSL_R_UNSUPPORTED_PROTOCOL, errc::handshake_failed, "no common protocol version"},
    known_reason{SSL_R_NO_SHARED_CIPHER, errc::handshake_failed, "no common cipher"},
    known_reason{SSL_R_NO_SUITABLE_KEY_SHARE, errc::handshake_failed, "no common group"},
    known_reason{SSL_R_NO_SHARED_GROUPS, errc::handshake_failed, "no common group"},
    known_reason{SSL_R_NO_APPLICATION_PROTOCOL, errc::handshake_failed, "no common application protocol"},
    known_reason{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, errc::handshake_failed,
                 "no common signature algorithm"},
    known_reason{SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, errc::handshake_failed,
                 "no common signature algorithm"},
    known_reason{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, errc::certificate_missing,
                 "peer sent no certificate"},
    known_reason{SSL_R_BAD_SIGNATURE, errc::protocol, "bad signature"},
    known_reason{SSL_R_UNEXPECTED_EOF_WHILE_READING, errc::truncated,
                 "connection ended without close_notify"},
    known_reason{SSL_R_PACKET_LENGTH_TOO_LONG, errc::protocol, "record too long"},
    known_reason{SSL_R_ENCRYPTED_LENGTH_TOO_LONG, errc::protocol, "record too long"},
    known_reason{SSL_R_DATA_LENGTH_TOO_LONG, errc::protocol, "record too long"},
    known_reason{SSL_R_EE_KEY_TOO_SMALL, errc::certificate_untrusted, "key is too weak"},
};

}  // namespace

void forget_errors() noexcept {
  // ERR_clear_error frees what each of its sixteen entries might hold, also when there is none: with messages
  // of 1 KiB that was a tenth of the time.
  if (ERR_peek_error() != 0) ERR_clear_error();
}

bool queued_error::is_ssl(int wanted) const noexcept {
  return code != 0 && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == wanted;
}

bool queued_error::out_of_memory() const noexcept {
  return code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
}

int queued_error::alert_received() const noexcept {
  const int number = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
  return ERR_GET_LIB(code) == ERR_LIB_SSL && number >= 0 && number <= 255 ? number : -1;
}

std::string queued_error::reason() const {
  const char* words = ERR_reason_error_string(code);
  if (words == nullptr) return cat({"error ", std::to_string(code)});
  std::string text = words;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

queued_error take_queue() noexcept {
  queued_error cause{ERR_peek_error()};
  // How a signature does not verify is told before that it does not, by libcrypto, and explains nothing.
  while (const unsigned long code = ERR_get_error()) {
    if (queued_error{code}.is_ssl(SSL_R_BAD_SIGNATURE)) cause.code = code;
  }
  ERR_clear_error();  // frees what the entries held
  return cause;
}

error library_error(std::string_view call) {
  const queued_error cause = take_queue();
  if (cause.out_of_memory()) return {errc::out_of_memory, cat({call, ": out of memory"})};
  error e(errc::internal, cat({call, ": ", cause.code == 0 ? "failed" : cause.reason()}));
  e.native = ERR_GET_REASON(cause.code);
  return e;
}

error protocol_error(const queued_error& cause, bool in_handshake) {
  const std::string_view prefix = in_handshake ? "handshake failed: " : "";
  error e(in_handshake ? errc::handshake_failed : errc::protocol, {});
  e.native = ERR_GET_REASON(cause.code);
  if (cause.out_of_memory()) {
    e.code = errc::out_of_memory;
    e.message = cat({prefix, "out of memory"});
    return e;
  }
  for (const auto& [reason, code, sentence] : known_reasons) {
    if (!cause.is_ssl(reason)) continue;
    e.code = code;
    e.message = cat({prefix, sentence});
    return e;
  }
  // What remains of a handshake is a breach of the protocol by the peer, not a disagreement.
  e.code = errc::protocol;
  e.message = cat({prefix, cause.code == 0 ? std::string("no reason given") : cause.reason()});
  return e;
}

STLS_NAMESPACE_END
