// How a connection of BearSSL ends that fails: why, and what the peer is told.
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/bearssl/engine.hpp"
#include "engine/bearssl/errors.hpp"
#include "engine/bearssl/octets.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// The first five bytes of a plain HTTP request, and of one to a proxy.
constexpr std::array<std::string_view, 5> http_verbs = {"GET /", "POST ", "HEAD ", "PUT /", "CONNE"};

}  // namespace

io_result bearssl_engine::refuse(errc code, const char* sentence) noexcept {
  error_ = composed([&] { return error(code, sentence); });
  return {0, io_status::error};
}

io_result bearssl_engine::die() noexcept {
  if (refused_) {
    error why = std::move(verifier_.verdict());
    const int alert = why.alert == no_alert ? BR_ALERT_INTERNAL_ERROR : why.alert;
    return die(std::move(why), alert);
  }
  return die(br_ssl_engine_last_error(&state()));
}

io_result bearssl_engine::die(int code) noexcept {
  const int alert = wire_.failed() || wire_.at_eof() || code == 0 ? no_alert : alert_for(code);
  if (code != 0) forget_session();
  return die(composed([&] { return explain(code); }), alert);
}

io_result bearssl_engine::die(error why, int alert) noexcept {
  dead_ = true;
  error_ = std::move(why);
  // Behind a record that is half out nothing fits.
  if (alert != no_alert && begun() && state().oxc <= state().oxa) prepare_alert(alert);
  return flush_last_words();
}

// BearSSL sees this by itself in a full handshake alone. The ServerHello that it has made has not been sent
// yet, and is not.
io_result bearssl_engine::die_without_protocol() noexcept {
  prepare_alert(BR_ALERT_NO_APPLICATION_PROTOCOL);
  return die(composed([] {
               error e(errc::handshake_failed, "handshake failed: no common application protocol");
               e.alert = BR_ALERT_NO_APPLICATION_PROTOCOL;
               return e;
             }),
             no_alert);
}

// RFC 5246 section 7.2.2: the session of a connection that failed is not resumed.
void bearssl_engine::forget_session() noexcept {
  if (!session_) return;
  if (is_client()) {
    context_->sessions().forget(name_.text, session_.get());
  } else {
    context_->cache().forget(*session_);
  }
}

error bearssl_engine::explain(int code) const {
  const bool in_handshake = !established_;
  if (code != 0) {
    // BearSSL says the same of the first record of all that is none, and of a version that it does not like.
    if (code == BR_ERR_UNSUPPORTED_VERSION && !spoke_tls()) {
      const std::string_view first(reinterpret_cast<const char*>(first_bytes_.data()), first_bytes_size_);
      const bool http = std::any_of(http_verbs.begin(), http_verbs.end(),
                                    [&](std::string_view verb) { return first.starts_with(verb); });
      return {errc::protocol, cat({"handshake failed: peer does not speak TLS",
                                   http ? ": it sent a plain HTTP request" : ""})};
    }
    return bearssl_error(code, in_handshake);
  }
  if (wire_.failed()) return wire_.failure();
  if (peer_closed() && in_handshake)
    return {errc::eof, "handshake failed: peer ended the connection in the middle of it"};
  if (wire_.at_eof()) {
    return {errc::truncated, in_handshake ? "handshake failed: connection ended in the middle of it"
                                          : "connection ended without close_notify"};
  }
  return {errc::internal, "BearSSL gave up without a reason"};
}

bool bearssl_engine::spoke_tls() const noexcept {
  // A record's type, and the major version.
  return first_bytes_size_ >= 2 && first_bytes_[0] >= 20 && first_bytes_[0] <= 23 && first_bytes_[1] == 3;
}

// The cipher that is in place for records, clear in most of the handshake, makes one with the alert in it.
void bearssl_engine::prepare_alert(int alert) noexcept {
  br_ssl_engine_context& connection = state();
  constexpr std::size_t header = 5;
  std::size_t start = header;
  std::size_t end = alert_.size();
  connection.out.vtable->max_plaintext(&connection.out.vtable, &start, &end);
  alert_[start] = 2;  // fatal
  alert_[start + 1] = static_cast<unsigned char>(alert);
  std::size_t size = 2;
  constexpr int alert_record = 21;
  const unsigned char* record = connection.out.vtable->encrypt(&connection.out.vtable, alert_record,
                                                               connection.version_out, &alert_[start], &size);
  last_words_ = octets(record, size);
  error_.alert = alert;
}

io_result bearssl_engine::flush_last_words() noexcept {
  while (!last_words_.empty()) {
    const io_result r = wire_.push(last_words_);
    if (r.wants()) return r;
    if (!r.ok()) break;  // nobody is there to hear it
    last_words_ = last_words_.subspan(r.bytes);
  }
  last_words_ = {};
  return {0, io_status::error};
}

STLS_NAMESPACE_END
