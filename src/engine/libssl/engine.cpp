#include "engine/libssl/engine.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/bio.hpp"
#include "engine/libssl/errors.hpp"
#include "engine/libssl/external_key.hpp"
#include "engine/libssl/groups.hpp"
#include "engine/libssl/verify.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <new>

STLS_NAMESPACE_BEGIN

namespace {

// One record. A call of SSL_write that spans several could leave some of them sent and one half sent, which
// the contract of wants cannot express.
constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;

// Only a server's key can be one that does not sign, and only in the key exchange that is RSA's alone.
key_use use_of_peers_key(const SSL* ssl) noexcept {
  const SSL_CIPHER* chosen = SSL_get_pending_cipher(ssl);
  const bool by_rsa =
      SSL_is_server(ssl) == 0 && chosen != nullptr && SSL_CIPHER_get_kx_nid(chosen) == NID_kx_rsa;
  return by_rsa ? key_use::encipherment : key_use::signature;
}

}  // namespace

result<std::unique_ptr<engine>> libssl_engine::make(std::shared_ptr<const libssl_context> ctx,
                                                    x509::server_name name, buffering buffers,
                                                    const libssl_session* resumed) {
  auto made = std::make_unique<libssl_engine>(std::move(ctx));
  if (auto done = made->start(std::move(name), buffers, resumed); !done) return fail(std::move(done.error()));
  return made;
}

libssl_engine::~libssl_engine() {
  // libssl takes a connection that is freed without a shutdown for a broken one, and its session with it.
  if (ssl_ && established_ && !spoiled_)
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

result<void> libssl_engine::start(x509::server_name name, buffering buffers, const libssl_session* resumed) {
  forget_errors();
  ssl_.reset(SSL_new(context_->get()));
  if (!ssl_) return fail(library_error("SSL_new"));
  SSL* ssl = ssl_.get();
  bio_ptr bio = new_wire_bio(*this);
  if (!bio) return fail(library_error("BIO_new"));
  SSL_set_bio(ssl, bio.get(), bio.get());  // takes one reference for both
  static_cast<void>(bio.release());
  SSL_set_read_ahead(ssl, buffers == buffering::exact ? 0 : 1);
  if (buffers == buffering::transient) SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  if (context_->side() == role::server) {
    SSL_set_accept_state(ssl);
    return {};
  }
  SSL_set_connect_state(ssl);
  // RFC 6066 section 3: literal addresses are not sent.
  name_ = std::make_unique<const x509::server_name>(std::move(name));
  if (!name_->text.empty() && !name_->is_ip() && SSL_set_tlsext_host_name(ssl, name_->text.c_str()) != 1) {
    return fail(library_error("SSL_set_tlsext_host_name"));
  }
  // A session that libssl does not take is no loss: the handshake is a full one.
  if (resumed != nullptr) SSL_set_session(ssl, resumed->ssl_session.get());
  return {};
}

// -- callbacks
// ---------------------------------------------------------------------------------------------------

int libssl_engine::verify_peer(X509_STORE_CTX* store, void* /*unused*/) noexcept {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  libssl_engine& self = of(ssl);
  const settings& set = self.context_->options();
  const bool by_name = self.context_->side() == role::client && set.verify_name;
  auto verified = guarded([&] {
    return verify_chain(store, set, use_of_peers_key(ssl), self.context_->loaded().crls.get(),
                        by_name ? self.name_.get() : nullptr)
        .and_then([&] { return self.refuse_revoked(store); });
  });
  if (verified) return 1;
  self.condemn(std::move(verified.error()));
  if (X509_STORE_CTX_get_error(store) == X509_V_OK) X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
  return 0;
}

void libssl_engine::note_progress(const SSL* ssl, int where, int alert) noexcept {
  libssl_engine& self = of(ssl);
  const OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl);
  // Now is the only time to ask both ends: a server forgets the key when the client's has come.
  if ((where == SSL_CB_ACCEPT_LOOP && state == TLS_ST_SW_KEY_EXCH) ||
      (where == SSL_CB_CONNECT_LOOP && state == TLS_ST_CR_KEY_EXCH)) {
    self.note_finite_field();
  }
  if (where == SSL_CB_CONNECT_LOOP && state == TLS_ST_CR_SESSION_TICKET) self.ticket_came_ = true;
  const bool written = (where & SSL_CB_ALERT) != 0 && (where & SSL_CB_WRITE) != 0;
  // Warnings (close_notify, user_canceled, no_renegotiation) end nothing.
  if (written && alert >> 8 == SSL3_AL_FATAL) self.alert_sent_ = alert & 0xff;
}

void libssl_engine::note_finite_field() noexcept {
  EVP_PKEY* shared = nullptr;
  const bool is_server = context_->side() == role::server;
  if ((is_server ? SSL_get_tmp_key(ssl_.get(), &shared) : SSL_get_peer_tmp_key(ssl_.get(), &shared)) != 1)
    return;
  const evp_pkey_ptr key(shared);
  static_cast<void>(guarded([&]() -> result<void> {
    if (auto name = finite_field_name(key.get()); !name.empty())
      finite_field_ = std::make_unique<const std::string>(std::move(name));
    return {};
  }));
}

int libssl_engine::accept_servername(SSL* ssl, int* /*alert*/, void* /*unused*/) noexcept {
  // OK makes libssl acknowledge the name; an unknown one gets the first keypair, as libtls has it.
  return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == nullptr ? SSL_TLSEXT_ERR_NOACK
                                                                       : SSL_TLSEXT_ERR_OK;
}

// libssl calls this for each session or ticket that the server gave. 1: the session is ours now.
int libssl_engine::keep_session(SSL* ssl, SSL_SESSION* given) noexcept {
  libssl_engine& self = of(ssl);
  ssl_session_ptr owned(given);
  self.looks_for_tickets_ = 0;
  const auto kept = guarded([&]() -> result<void> {
    if (SSL_SESSION_is_resumable(given) != 1) return {};
    const libssl_context& ctx = *self.context_;
    // A session of TLS 1.2 is the connection's own, which libssl goes on changing.
    ssl_session_ptr copy(SSL_SESSION_dup(given));
    if (!copy) return {};
    auto made = std::make_shared<const libssl_session>(std::move(copy));
    const SSL_SESSION* session = made->ssl_session.get();
    if (!self.asked_for().empty()) {
      ctx.sessions().put(self.asked_for(), made, use_of(session), good_until(session, ctx.options()));
    }
    self.latest_ = std::move(made);
    ++self.sessions_received_;
    return {};
  });
  static_cast<void>(kept);  // without memory for it there is one session less
  return 1;
}

// In a resumption before TLS 1.3 libssl calls keep_session for no ticket, and when one comes it spoils the
// session that was offered (SSL_CTX_remove_session).
void libssl_engine::keep_renewed_session() noexcept {
  if (!ticket_came_ || SSL_session_reused(ssl_.get()) != 1 || SSL_version(ssl_.get()) >= TLS1_3_VERSION)
    return;
  if (context_->options().keeps_sessions()) keep_session(ssl_.get(), SSL_get1_session(ssl_.get()));
}

const settings& libssl_engine::settings_of(const SSL* ssl) noexcept { return of(ssl).context_->options(); }

void libssl_engine::note_key(const SSL* ssl, const char* line) noexcept {
  libssl_engine& self = of(ssl);
  // Without memory for a line the log lacks it.
  static_cast<void>(guarded([&]() -> result<void> {
    if (!self.key_lines_) self.key_lines_ = std::make_unique<std::vector<secret>>();
    self.key_lines_->emplace_back(std::string_view(line));
    return {};
  }));
}

void libssl_engine::deliver_keys() noexcept {
  const auto lines = std::move(key_lines_);
  for (const secret& line : *lines) {
    try {
      context_->options().keylog(line.view());
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): what goes wrong with the log does not concern the connection
    }
  }
}

// -- the verbs
// ---------------------------------------------------------------------------------------------------

io_result libssl_engine::handshake(transport t) noexcept {
  const key_delivery delivery(*this);
  wire_.attach(t);
  return drive_handshake();
}

io_result libssl_engine::drive_handshake() noexcept {
  if (dead_) return flush_last_words();
  if (established_) return {};
  forget_errors();
  const signing_scope signing(verdict_);
  const io_result r = finished(SSL_do_handshake(ssl_.get()), 0);
  if (!r.ok()) return r;
  if (!answer_was_offered()) {
    dead_ = true;
    return refuse(errc::protocol,
                  "handshake failed: server chose an application protocol that was not offered");
  }
  established_ = true;
  keep_renewed_session();
  warn_of_staple();
  return r;
}

io_result libssl_engine::read(transport t, std::span<std::byte> into) noexcept {
  const key_delivery delivery(*this);
  wire_.attach(t);
  if (const io_result r = drive_handshake(); !r.ok()) return r;
  forget_errors();
  std::size_t n = 0;
  const int answer = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
  if (answer == 1) return finished(1, n);
  const int reason = SSL_get_error(ssl_.get(), answer);
  return reason == SSL_ERROR_ZERO_RETURN ? io_result{0, io_status::eof} : failed(reason);
}

io_result libssl_engine::write(transport t, std::span<const std::byte> from) noexcept {
  const key_delivery delivery(*this);
  wire_.attach(t);
  if (from.size() < unsent_) {
    return refuse(errc::invalid_argument, "send repeated with fewer bytes than before the want");
  }
  if (const io_result r = drive_handshake(); !r.ok()) return r;
  const std::size_t size = unsent_ != 0 ? unsent_ : std::min(from.size(), record_size);
  forget_errors();
  std::size_t n = 0;
  const int answer = SSL_write_ex(ssl_.get(), from.data(), size, &n);
  if (answer == 1) {
    unsent_ = 0;
    const io_result r = finished(1, n);
    look_for_tickets();
    return r;
  }
  const io_result r = finished(answer, 0);
  // While libssl still owes the peer a message of its own, e.g. the answer to a KeyUpdate, there is no record
  // of this data yet. Only one that was made must be finished, and is, by close: else that would send what
  // nobody sent.
  unsent_ = r.wants() && SSL_in_init(ssl_.get()) == 0 ? size : 0;
  return r;
}

io_result libssl_engine::shutdown(transport t) noexcept {
  const key_delivery delivery(*this);
  wire_.attach(t);
  if (dead_) return flush_last_words();
  return send_close_notify();
}

io_result libssl_engine::close(transport t) noexcept {
  const key_delivery delivery(*this);
  wire_.attach(t);
  if (dead_) return flush_last_words();
  if (!established_) return {};  // there is nothing yet whose end could be mistaken
  return send_close_notify();
}

io_result libssl_engine::send_close_notify() noexcept {
  if (close_notify_sent_) return {};
  forget_errors();
  if (unsent_ != 0) {
    // A record that is half out must be finished first. libssl has it, and asks only for its size.
    static const std::array<std::byte, record_size> anything{};
    std::size_t n = 0;
    const int answer = SSL_write_ex(ssl_.get(), anything.data(), unsent_, &n);
    if (answer != 1) return finished(answer, 0);
    unsent_ = 0;
  }
  // libssl refuses to shut down while it answers a KeyUpdate.
  if (SSL_in_init(ssl_.get()) == 1) {
    if (const io_result r = finished(SSL_do_handshake(ssl_.get()), 0); !r.ok()) return r;
  }
  look_for_tickets();
  if (dead_) return flush_last_words();
  // 0 says: sent, and the peer's not received yet. It is not waited for (RFC 8446 section 6.1).
  const int answer = SSL_shutdown(ssl_.get());
  const io_result r = finished(answer == 0 ? 1 : answer, 0);
  close_notify_sent_ = r.ok();
  return r;
}

// Tickets of TLS 1.3 come after the handshake, and libssl takes them in when it reads. An application that
// only writes would never have them, so that its next connection could not resume. Looking is safe only on a
// transport that is known to answer wants: a blocking one would wait for bytes that may never come.
void libssl_engine::look_for_tickets() noexcept {
  if (looks_for_tickets_ == 0 || context_->side() == role::server || !wire_.has_wanted()) return;
  if (!context_->options().keeps_sessions() || SSL_version(ssl_.get()) < TLS1_3_VERSION) return;
  --looks_for_tickets_;
  unsigned char byte = 0;
  std::size_t n = 0;
  const int answer = SSL_peek_ex(ssl_.get(), &byte, 1, &n);
  // What the look found out is told by the verb that reads. What failed is final, and the next call tells it.
  if (answer != 1) {
    const int reason = SSL_get_error(ssl_.get(), answer);
    if (reason != SSL_ERROR_ZERO_RETURN) static_cast<void>(failed(reason));
  }
  ERR_clear_error();
}

bool libssl_engine::release_buffers() noexcept { return !wire_.waits() && SSL_free_buffers(ssl_.get()) == 1; }

std::size_t libssl_engine::pending() const noexcept {
  return dead_ ? 0 : static_cast<std::size_t>(std::max(0, SSL_pending(ssl_.get())));
}

result<std::vector<std::byte>> libssl_engine::export_session() const {
  if (context_->side() == role::server)
    return fail(errc::invalid_state, "export_session: a server keeps no session");
  if (!established_) return fail(errc::invalid_state, "export_session: before the handshake is done");
  if (!latest_) return fail(errc::invalid_state, "export_session: the server has sent no session yet");
  return stls::export_session(latest_->ssl_session.get(), context_->options(),
                              context_->owner_of(asked_for()));
}

error libssl_engine::take_error() noexcept {
  auto told = composed([&] { return error_ ? *error_ : error(errc::out_of_memory, out_of_memory); });
  if (!dead_) error_.reset();  // what ended the connection is told again and again
  return told;
}

// -- results
// -----------------------------------------------------------------------------------------------------

io_result libssl_engine::finished(int answer, std::size_t n) noexcept {
  return answer == 1 ? io_result{n, io_status::ok} : failed(SSL_get_error(ssl_.get(), answer));
}

io_result libssl_engine::failed(int ssl_error) noexcept {
  std::optional<io_status> want;
  if (ssl_error == SSL_ERROR_WANT_READ) want = wire_.read_want();
  if (ssl_error == SSL_ERROR_WANT_WRITE) want = wire_.write_want();
  if (want) return {0, *want};
  dead_ = true;
  spoiled_ = ssl_error == SSL_ERROR_SSL && !wire_.at_eof() && !wire_.failed();
  fail_with([&] { return explain(ssl_error); });
  // An alert that the transport did not take yet shall still reach the peer: the error waits for it.
  if (wire_.write_want()) last_words_ = wire_.refused();
  return last_words_.empty() ? io_result{0, io_status::error} : io_result{0, *wire_.write_want()};
}

io_result libssl_engine::flush_last_words() noexcept {
  while (!last_words_.empty()) {
    const io_result r = wire_.push(last_words_);
    if (r.wants()) return r;
    if (!r.ok()) break;  // nobody is there to hear it
    last_words_ = last_words_.subspan(r.bytes);
  }
  last_words_ = {};
  return {0, io_status::error};
}

void libssl_engine::condemn(error why) noexcept {
  static_cast<void>(guarded([&]() -> result<void> {
    verdict_ = std::make_unique<error>(std::move(why));
    return {};
  }));
}

io_result libssl_engine::refuse(errc code, const char* sentence) noexcept {
  fail_with([&] { return error(code, sentence); });
  return {0, io_status::error};
}

error libssl_engine::explain(int ssl_error) {
  const queued_error cause = take_queue();
  const bool in_handshake = !established_;
  if (verdict_) {
    if (alert_sent_ != -1) verdict_->alert = alert_sent_;
    return std::move(*std::exchange(verdict_, nullptr));
  }
  if (const int alert = cause.alert_received(); alert != -1) {
    error e(errc::alert_received,
            cat({in_handshake ? "handshake failed: " : "", "alert received: ", alert_name(alert)}));
    e.alert = alert;
    return e;
  }
  if (wire_.failed() && (cause.code == 0 || ssl_error == SSL_ERROR_SYSCALL)) return wire_.failure();
  // close_notify; once the handshake is done, read answers it.
  if (ssl_error == SSL_ERROR_ZERO_RETURN && in_handshake)
    return {errc::eof, "handshake failed: peer ended the connection in the middle of it"};
  if (wire_.at_eof() && (cause.code == 0 || cause.is_ssl(SSL_R_UNEXPECTED_EOF_WHILE_READING))) {
    return {errc::truncated, in_handshake ? "handshake failed: connection ended in the middle of it"
                                          : "connection ended without close_notify"};
  }
  if (cause.code == 0) {
    return {errc::internal, cat({"libssl: error ", std::to_string(ssl_error), " without a reason"})};
  }
  error e = protocol_error(cause, in_handshake);
  // The same reason means something else in the first record of all.
  if (cause.is_ssl(SSL_R_WRONG_VERSION_NUMBER) && nothing_understood()) {
    e.message = "handshake failed: peer does not speak TLS";
  }
  e.alert = alert_sent_;
  return e;
}

bool libssl_engine::nothing_understood() const noexcept {
  const OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl_.get());
  return state == TLS_ST_BEFORE || state == TLS_ST_CW_CLNT_HELLO;
}

bool libssl_engine::answer_was_offered() const noexcept {
  if (context_->side() == role::server) return true;
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  if (size == 0) return true;
  const std::string_view protocol(reinterpret_cast<const char*>(chosen), size);
  const auto& offered = context_->options().alpn;
  return std::find(offered.begin(), offered.end(), protocol) != offered.end();
}

STLS_NAMESPACE_END
