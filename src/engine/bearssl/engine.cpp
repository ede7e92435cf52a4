#include "engine/bearssl/engine.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "engine/bearssl/errors.hpp"
#include "engine/bearssl/preferences.hpp"
#include "engine/bearssl/signatures.hpp"
#include "engine/bearssl/suites.hpp"
#include "engine/bearssl/usages.hpp"
#include "x509/certificate.hpp"
#include "x509/path.hpp"
#include "x509/refusal.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

constexpr int no_alert = -1;

// BearSSL's word for a list of protocols that has none of its own.
constexpr std::uint16_t no_common_protocol = 0xffff;

// What one call of write takes at most: one record.
constexpr std::size_t record_size = 16384;

// The first five bytes of a plain HTTP request, and of one to a proxy.
constexpr std::array<std::string_view, 5> http_verbs = {"GET /", "POST ", "HEAD ", "PUT /", "CONNE"};

std::span<std::byte> octets(unsigned char* data, std::size_t size) noexcept {
  return std::as_writable_bytes(std::span(data, size));
}

}  // namespace

bearssl_engine::bearssl_engine(std::shared_ptr<const bearssl_context> ctx, x509::server_name name,
                               buffering buffers, std::shared_ptr<const bearssl_session> offered) noexcept
    : context_(std::move(ctx)),
      name_(std::move(name)),
      buffering_(buffers),
      buffers_(buffers),
      verifier_(judge, this),
      session_(std::move(offered)) {}

bearssl_engine::~bearssl_engine() {
  if (begun()) wipe(std::as_writable_bytes(std::span(state_.get(), 1)));
}

result<void> bearssl_engine::begin() {
  state_ = std::make_unique<connection_state>();
  return is_client() ? begin_client() : begin_server();
}

// BearSSL seeds itself from the system too, but would go on without, once it has been given something.
result<void> bearssl_engine::seed() {
  std::array<std::byte, 32> entropy{};
  if (!fill_random(entropy)) return fail(errc::internal, "no random bytes from the system");
  br_ssl_engine_inject_entropy(&state(), entropy.data(), entropy.size());
  wipe(entropy);
  return {};
}

result<void> bearssl_engine::begin_client() {
  br_ssl_client_context& client = state_->client;
  context_->set_in(client);
  buffers_.allocate(client.eng);
  if (auto done = seed(); !done) return done;
  br_ssl_engine_set_x509(&client.eng, verifier_.get());
  if (session_) br_ssl_engine_set_session_parameters(&client.eng, &session_->parameters);
  // RFC 6066 section 3: literal addresses are not sent.
  const char* sni = name_.text.empty() || name_.is_ip() ? nullptr : name_.text.c_str();
  if (br_ssl_client_reset(&client, sni, session_ ? 1 : 0) == 1) return {};
  return fail(bearssl_error(br_ssl_engine_last_error(&client.eng), true));
}

result<void> bearssl_engine::begin_server() {
  br_ssl_server_context& server = state_->server;
  context_->set_in(server);
  buffers_.allocate(server.eng);
  if (auto done = seed(); !done) return done;
  br_ssl_engine_set_x509(&server.eng, verifier_.get());
  br_ssl_server_set_policy(&server, &policy_.methods);
  if (context_->cache().keeps()) br_ssl_server_set_cache(&server, &cache_.methods);
  if (br_ssl_server_reset(&server) == 1) {
    // A refusal of the first message of all would go out in a record of version 0.0.
    server.eng.version_out = BR_TLS10;
    return {};
  }
  return fail(bearssl_error(br_ssl_engine_last_error(&server.eng), true));
}

// -- callbacks

const br_ssl_server_policy_class bearssl_engine::policy = {
    sizeof(policy_end),
    choose_keypair,
    nullptr,  // the keypair that was chosen has put its own policy in place before these are called
    nullptr,
};

const br_ssl_session_cache_class bearssl_engine::cache = {sizeof(cache_end), keep_session, find_session};

int bearssl_engine::choose_keypair(const br_ssl_server_policy_class** ctx,
                                   const br_ssl_server_context* server,
                                   br_ssl_server_choices* choices) noexcept {
  bearssl_engine& self = *reinterpret_cast<policy_end*>(ctx)->self;
  self.session_.reset();  // BearSSL has not resumed what was found
  const bearssl_keypair* chosen = self.context_->keypair_for(br_ssl_engine_get_server_name(&server->eng));
  if (chosen == nullptr) return 0;
  br_ssl_server_context& mine = self.state_->server;
  set_preferences(mine, self.context_->options());
  chosen->set_in(mine);
  return (*mine.policy_vtable)->choose(mine.policy_vtable, server, choices);
}

void bearssl_engine::keep_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context* /*server*/,
                                  const br_ssl_session_parameters* made) noexcept {
  bearssl_engine& self = *reinterpret_cast<cache_end*>(ctx)->self;
  if (self.refused_) return;
  // Without memory for it there is one session less.
  static_cast<void>(guarded([&]() -> result<void> {
    const settings& set = self.context_->options();
    const auto until = good_until(set.session_lifetime, set.verify_time, self.verifier_.chain().get());
    self.context_->cache().put(std::make_shared<const bearssl_session>(*made, self.verifier_.chain(), until));
    return {};
  }));
}

int bearssl_engine::find_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context* /*server*/,
                                 br_ssl_session_parameters* asked) noexcept {
  bearssl_engine& self = *reinterpret_cast<cache_end*>(ctx)->self;
  static_cast<void>(guarded([&]() -> result<void> {
    self.session_ = self.context_->cache().find(
        {reinterpret_cast<const char*>(asked->session_id), asked->session_id_len});
    return {};
  }));
  if (!self.session_) return 0;
  *asked = self.session_->parameters;
  return 1;
}

result<void> bearssl_engine::judge(void* pointer, const peer_chain& chain) {
  auto& self = *static_cast<bearssl_engine*>(pointer);
  const bearssl_context& ctx = *self.context_;
  if (!ctx.verifies_peer()) return {};
  std::vector<x509::certificate> sent;
  sent.reserve(chain.size());
  for (const bytes& der : chain) {
    auto parsed = x509::parse_certificate(der);
    if (!parsed) return fail(x509::refused(x509::refusal::malformed, parsed.error().message));
    sent.push_back(std::move(*parsed));
  }
  const settings& set = ctx.options();
  x509::path_rules rules;
  rules.of = self.is_client() ? x509::purpose::server_auth : x509::purpose::client_auth;
  rules.max_depth = set.verify_depth;
  if (set.verify_time) rules.at = now_in_seconds();
  const bearssl_signatures signatures;
  const auto path = x509::verify_path(sent, ctx.roots(), rules, signatures);
  if (!path) return fail(path.error());
  if ((usages_of(sent.front()) & self.needed_usage()) == 0)
    return fail(x509::refused(x509::refusal::wrong_purpose));
  if (self.is_client() && set.verify_name && !x509::names(sent.front().names, self.name_)) {
    return fail(x509::refused(x509::refusal::name_mismatch,
                              cat({"name `", self.name_.text, "' not present in server certificate"})));
  }
  return {};
}

// What the peer does with its key: only RSA key exchange deciphers.
unsigned bearssl_engine::needed_usage() const noexcept {
  const bearssl_suite* suite = bearssl_suite_numbered(state().session.cipher_suite);
  const bool deciphers = is_client() && suite != nullptr && suite->name.starts_with("TLS_RSA_");
  return deciphers ? BR_KEYTYPE_KEYX : BR_KEYTYPE_SIGN;
}

// -- the verbs

io_result bearssl_engine::prepare(transport t) noexcept {
  wire_.attach(t);
  if (dead_) return flush_last_words();
  if (begun() && buffers_.allocated()) return {};
  auto there = guarded([&]() -> result<void> {
    if (!begun()) return begin();
    buffers_.allocate(state());
    return {};
  });
  return there ? io_result{} : die(std::move(there.error()), no_alert);
}

io_result bearssl_engine::done(io_result r) noexcept {
  want_pending_ = r.wants();
  if (r.status == io_status::want_read && buffering_ == buffering::transient && buffers_.release(state()))
    want_pending_ = false;
  return r;
}

io_result bearssl_engine::handshake(transport t) noexcept {
  if (const io_result r = prepare(t); !r.ok()) return r;
  return done(drive_handshake());
}

io_result bearssl_engine::drive_handshake() noexcept {
  while (!established_) {
    if (refused_) return die();
    if (!is_client() && state().selected_protocol == no_common_protocol) return die_without_protocol();
    const unsigned now_can = br_ssl_engine_current_state(&state());
    io_result r;
    if (!flight_.empty() || (now_can & BR_SSL_SENDREC) != 0) {
      r = send_flight();
    } else if ((now_can & BR_SSL_SENDAPP) != 0) {
      finish_handshake();
    } else if ((now_can & BR_SSL_RECVREC) != 0) {
      r = fill();
    } else {
      return die();  // closed
    }
    if (!r.ok()) return r;
  }
  return {};
}

io_result bearssl_engine::flush() noexcept {
  for (;;) {
    std::size_t size = 0;
    const unsigned char* record = br_ssl_engine_sendrec_buf(&state(), &size);
    if (record == nullptr) return {};
    const io_result r = wire_.push(std::as_bytes(std::span(record, size)));
    if (r.wants()) return r;
    if (!r.ok()) return die();
    br_ssl_engine_sendrec_ack(&state(), r.bytes);
  }
}

// In one piece, as libssl does: a peer that refuses a part of it, says so and closes would make the rest
// fail.
io_result bearssl_engine::send_flight() noexcept {
  if (flight_.empty()) {
    auto gathered = guarded([&]() -> result<void> {
      for (;;) {
        std::size_t size = 0;
        const unsigned char* record = br_ssl_engine_sendrec_buf(&state(), &size);
        if (record == nullptr) return {};
        flight_.insert(flight_.end(), record, record + size);
        br_ssl_engine_sendrec_ack(&state(), size);
      }
    });
    if (!gathered) return die(std::move(gathered.error()), no_alert);
  }
  while (flight_sent_ < flight_.size()) {
    const io_result r = wire_.push(std::as_bytes(std::span(flight_).subspan(flight_sent_)));
    if (r.wants()) return r;
    if (!r.ok()) return die();
    flight_sent_ += r.bytes;
  }
  flight_ = {};
  flight_sent_ = 0;
  return {};
}

void bearssl_engine::answer() noexcept {
  while (unsent_ == 0) {
    std::size_t size = 0;
    const unsigned char* record = br_ssl_engine_sendrec_buf(&state(), &size);
    if (record == nullptr) return;
    const io_result r = wire_.push(std::as_bytes(std::span(record, size)));
    if (!r.ok()) return;
    br_ssl_engine_sendrec_ack(&state(), r.bytes);
  }
}

io_result bearssl_engine::fill() noexcept {
  std::size_t size = 0;
  unsigned char* record = br_ssl_engine_recvrec_buf(&state(), &size);
  if (record == nullptr) return die();
  const io_result r = buffers_.pull(wire_, octets(record, size));
  if (r.wants()) return r;
  if (!r.ok()) return die();
  const std::size_t more = std::min(r.bytes, first_bytes_.size() - first_bytes_size_);
  std::memcpy(first_bytes_.data() + first_bytes_size_, record, more);
  first_bytes_size_ += more;
  br_ssl_engine_recvrec_ack(&state(), r.bytes);
  refused_ = refused_ || static_cast<bool>(verifier_.verdict().code);
  return {};
}

io_result bearssl_engine::read(transport t, std::span<std::byte> into) noexcept {
  if (const io_result r = prepare(t); !r.ok()) return r;
  if (const io_result r = drive_handshake(); !r.ok()) return done(r);
  for (;;) {
    std::size_t size = 0;
    if (unsigned char* there = br_ssl_engine_recvapp_buf(&state(), &size); there != nullptr) {
      const std::size_t n = std::min(size, into.size());
      std::memcpy(into.data(), there, n);
      wipe(octets(there, n));
      br_ssl_engine_recvapp_ack(&state(), n);
      return done({n, io_status::ok});
    }
    if (peer_closed()) return done({0, io_status::eof});
    const unsigned now_can = br_ssl_engine_current_state(&state());
    if ((now_can & BR_SSL_CLOSED) != 0) return die();
    if ((now_can & BR_SSL_RECVREC) == 0) {
      // BearSSL has to say something before it reads on. Where it has nothing to say either, it has turned
      // its back on what is left of a message, and nothing would wake it.
      if (const io_result r = flush(); !r.ok()) return done(r);
      if (br_ssl_engine_current_state(&state()) == 0 && !peer_closed()) return die(BR_ERR_UNEXPECTED);
      continue;
    }
    answer();
    if (const io_result r = fill(); !r.ok()) return done(r);
  }
}

io_result bearssl_engine::write(transport t, std::span<const std::byte> from) noexcept {
  if (const io_result r = prepare(t); !r.ok()) return r;
  if (from.size() < unsent_) {
    return refuse(errc::invalid_argument, "send repeated with fewer bytes than before the want");
  }
  if (const io_result r = drive_handshake(); !r.ok()) return done(r);
  if (unsent_ == 0) {
    if (const io_result r = flush(); !r.ok()) return done(r);
    std::size_t room = 0;
    unsigned char* into = br_ssl_engine_sendapp_buf(&state(), &room);
    if (into == nullptr) {
      if (!peer_closed()) return die();
      return die(guarded([]() -> result<error> {
                   error e;
                   e.code = std::make_error_code(std::errc::broken_pipe);
                   e.message = "send: the peer has closed, and engine 'bearssl' sends nothing after that";
                   return e;
                 }).value_or(error(errc::out_of_memory, out_of_memory)),
                 no_alert);
    }
    const std::size_t n = std::min({from.size(), room, record_size});
    std::memcpy(into, from.data(), n);
    br_ssl_engine_sendapp_ack(&state(), n);
    br_ssl_engine_flush(&state(), 0);
    unsent_ = n;
  }
  if (const io_result r = flush(); !r.ok()) return done(r);
  return done({std::exchange(unsent_, 0), io_status::ok});
}

io_result bearssl_engine::shutdown(transport t) noexcept {
  wire_.attach(t);
  if (dead_) return flush_last_words();
  return refuse(errc::unsupported, "shutdown: not supported by engine 'bearssl'; close ends both directions");
}

io_result bearssl_engine::close(transport t) noexcept {
  if (!dead_ && !established_) return {};  // there is nothing yet whose end could be mistaken
  if (const io_result r = prepare(t); !r.ok()) return r;
  if (!closing_) {
    // A record that is half out must be finished first.
    if (const io_result r = flush(); !r.ok()) return done(r);
    unsent_ = 0;
    if (!peer_closed()) br_ssl_engine_close(&state());
    closing_ = true;
  }
  return done(flush());
}

bool bearssl_engine::release_buffers() noexcept {
  return !want_pending_ && (!begun() || buffers_.release(state()));
}

std::size_t bearssl_engine::pending() const noexcept {
  std::size_t size = 0;
  if (dead_ || !begun() || br_ssl_engine_recvapp_buf(&state(), &size) == nullptr) return 0;
  return size;
}

result<std::vector<std::byte>> bearssl_engine::export_session() const {
  if (!is_client()) return fail(errc::invalid_state, "export_session: a server keeps no session");
  if (!established_) return fail(errc::invalid_state, "export_session: before the handshake is done");
  if (!session_) return fail(errc::invalid_state, "export_session: the server has sent no session yet");
  return stls::export_session(*session_, context_->owner_of(name_.text));
}

result<ocsp_verdict> bearssl_engine::judge_ocsp(std::span<const std::byte> /*response*/) const {
  return fail(errc::unsupported, "check_ocsp: not supported by engine 'bearssl'");
}

error bearssl_engine::take_error() noexcept {
  if (!dead_) return std::exchange(error_, error());
  // What ended the connection is told again and again.
  return guarded([&]() -> result<error> { return error_; })
      .value_or(error(errc::out_of_memory, out_of_memory));
}

// -- the end of a handshake

void bearssl_engine::finish_handshake() noexcept {
  established_ = true;
  const br_ssl_session_parameters& now_is = state().session;
  resumed_ = session_ && now_is.session_id_len == session_->parameters.session_id_len &&
             std::memcmp(now_is.session_id, session_->parameters.session_id, now_is.session_id_len) == 0;
  if (is_client()) {
    // Without memory for it there is one session less.
    static_cast<void>(guarded([&]() -> result<void> {
      remember_session();
      return {};
    }));
  }
  if (context_->options().keylog) deliver_key();
}

void bearssl_engine::remember_session() {
  if (resumed_) return;  // the store has it still, and being used makes it no younger
  session_.reset();
  // A server that gives no ID will not resume.
  if (state().session.session_id_len == 0) return;
  const settings& set = context_->options();
  const auto until =
      good_until(longest_of_a_client, set.verify_cert && set.verify_time, verifier_.chain().get());
  session_ = std::make_shared<const bearssl_session>(state().session, verifier_.chain(), until);
  ++sessions_received_;
  if (!name_.text.empty()) context_->sessions().put(name_.text, session_, session_store::use::often, until);
}

void bearssl_engine::deliver_key() noexcept {
  static_cast<void>(guarded([&]() -> result<void> {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string line = "CLIENT_RANDOM ";
    line.reserve(line.size() + 2 * (sizeof state().client_random + sizeof state().session.master_secret) + 1);
    const auto put = [&](std::span<const unsigned char> octets_of) {
      for (const unsigned char octet : octets_of) {
        line += digits[octet >> 4U];
        line += digits[octet & 0xfU];
      }
    };
    put(state().client_random);
    line += ' ';
    put(state().session.master_secret);
    try {
      context_->options().keylog(line);
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): what goes wrong with the log does not concern the connection
    }
    wipe(line);
    return {};
  }));
}

// -- failures

io_result bearssl_engine::refuse(errc code, const char* sentence) noexcept {
  error_ = guarded([&]() -> result<error> {
             return error(code, sentence);
           }).value_or(error(errc::out_of_memory, out_of_memory));
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
  error why = guarded([&]() -> result<error> {
                return explain(code);
              }).value_or(error(errc::out_of_memory, out_of_memory));
  return die(std::move(why), alert);
}

io_result bearssl_engine::die(error why, int alert) noexcept {
  dead_ = true;
  want_pending_ = false;
  error_ = std::move(why);
  // Behind a record that is half out nothing fits.
  if (alert != no_alert && begun() && state().oxc <= state().oxa) prepare_alert(alert);
  return flush_last_words();
}

// BearSSL sees this by itself in a full handshake alone. The ServerHello that it has made has not been sent
// yet, and is not.
io_result bearssl_engine::die_without_protocol() noexcept {
  prepare_alert(BR_ALERT_NO_APPLICATION_PROTOCOL);
  return die(guarded([]() -> result<error> {
               error e(errc::handshake_failed, "handshake failed: no common application protocol");
               e.alert = BR_ALERT_NO_APPLICATION_PROTOCOL;
               return e;
             }).value_or(error(errc::out_of_memory, out_of_memory)),
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
  last_words_ = std::as_bytes(std::span(record, size));
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
