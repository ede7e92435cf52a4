#include "engine/bearssl/engine.hpp"

#include "base/fail.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "engine/bearssl/errors.hpp"
#include "engine/bearssl/octets.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// BearSSL's word for a list of protocols that has none of its own.
constexpr std::uint16_t no_common_protocol = 0xffff;

// RFC 5246 section 6.2.1.
constexpr std::size_t record_header = 5;
constexpr unsigned alert_record = 21;
constexpr unsigned handshake_record = 22;

// In a row; libssl endures as many that are empty.
constexpr unsigned most_idle_records = 32;

// What one call of write takes at most: one record.
constexpr std::size_t record_size = 16384;

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
  const bool filled = fill_random(entropy);
  if (filled) br_ssl_engine_inject_entropy(&state(), entropy.data(), entropy.size());
  wipe(entropy);
  if (!filled) return fail(errc::internal, "no random bytes from the system");
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

// -- the verbs

io_result bearssl_engine::get_ready() noexcept {
  if (dead_) return flush_last_words();
  auto there = guarded([&]() -> result<void> {
    if (!begun()) return begin();
    buffers_.allocate(state());
    return {};
  });
  return there ? io_result{} : die(std::move(there.error()), no_alert);
}

io_result bearssl_engine::done(io_result r) noexcept {
  if (r.status == io_status::want_read && buffering_ == buffering::transient) buffers_.release(state());
  return r;
}

io_result bearssl_engine::handshake(transport t) noexcept {
  if (const io_result r = prepare(t); !r.ok()) return r;
  return done(drive_handshake());
}

io_result bearssl_engine::go_on_with_handshake() noexcept {
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

io_result bearssl_engine::push_records() noexcept {
  for (;;) {
    std::size_t size = 0;
    const unsigned char* record = br_ssl_engine_sendrec_buf(&state(), &size);
    if (record == nullptr) return {};
    const io_result r = wire_.push(octets(record, size));
    if (!r.ok()) return r;
    br_ssl_engine_sendrec_ack(&state(), r.bytes);
  }
}

io_result bearssl_engine::flush() noexcept {
  const io_result r = push_records();
  return r.ok() || r.wants() ? r : die();
}

// What went wrong in this is told when something must be sent.
void bearssl_engine::answer() noexcept {
  if (unsent_ == 0) static_cast<void>(push_records());
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

// After the handshake a message is a wish to renegotiate. BearSSL answers it when no record is half out, and
// would wait for that in a state in which a client takes no data and a server does not wake up again. So what
// is half out goes before the message is read.
bool bearssl_engine::wish_arrives() const noexcept {
  return state().ixa >= record_header && state().record_type_in == handshake_record;
}

io_result bearssl_engine::fill() noexcept {
  br_ssl_engine_context& now = state();
  for (;;) {
    std::size_t size = 0;
    unsigned char* record = br_ssl_engine_recvrec_buf(&now, &size);
    if (record == nullptr) return die();
    const io_result r = buffers_.pull(wire_, octets(record, size).subspan(held_));
    if (r.wants()) return r;
    if (!r.ok()) return die();
    if (first_bytes_size_ < first_bytes_.size()) {
      const std::size_t more = std::min(r.bytes, first_bytes_.size() - first_bytes_size_);
      std::memcpy(first_bytes_.data() + first_bytes_size_, record, more);
      first_bytes_size_ += more;
    }
    const bool in_header = now.ixa < record_header;
    held_ += r.bytes;
    // BearSSL would work off a record in the clear as its bytes come. It gets it whole, as an encrypted one:
    // find_session must see what stands behind the session's ID.
    if (!in_header && now.incrypt == 0 && held_ < size) return {};
    br_ssl_engine_recvrec_ack(&now, std::exchange(held_, 0));
    count_record(in_header);
    if (idle_records_ > most_idle_records && !peer_closed()) return die(BR_ERR_UNEXPECTED);
    if (!established_) {
      refused_ = refused_ || static_cast<bool>(verifier_.verdict().code);
      return {};
    }
    // BearSSL asks for a record in two parts. The rest of one that has begun may have been read already.
    const bool in_record = now.ixa >= record_header && now.ixa == now.ixb;
    if (!in_record || !buffers_.has_unread() || wish_arrives()) return {};
  }
}

// A peer could keep one call busy for ever with records that bring nothing: empty ones, warnings, wishes to
// renegotiate.
void bearssl_engine::count_record(bool ended_in_header) noexcept {
  const br_ssl_engine_context& now = state();
  if (now.ixa != now.ixb) {
    idle_records_ = 0;  // there is data
  } else if (now.ixa == 0) {
    // The record is over. In the handshake one that is not empty is a step, if it is no warning.
    const bool step = !ended_in_header && !established_ && now.record_type_in != alert_record;
    idle_records_ = step ? 0 : idle_records_ + 1;
  }
}

io_result bearssl_engine::read(transport t, std::span<std::byte> into) noexcept {
  if (const io_result r = prepare(t); !r.ok()) return r;
  if (const io_result r = drive_handshake(); !r.ok()) return done(r);
  for (;;) {
    std::size_t size = 0;
    if (unsigned char* there = br_ssl_engine_recvapp_buf(&state(), &size); there != nullptr) {
      const std::size_t n = std::min(size, into.size());
      std::memcpy(into.data(), there, n);
      br_ssl_engine_recvapp_ack(&state(), n);
      return done({n, io_status::ok});
    }
    if (peer_closed()) return done({0, io_status::eof});
    const unsigned now_can = br_ssl_engine_current_state(&state());
    if ((now_can & BR_SSL_CLOSED) != 0) return die();
    if ((now_can & BR_SSL_RECVREC) == 0) {
      // BearSSL has to say something before it reads on. Where that does not help, it has turned its back on
      // what is left of a record, and nothing would wake it.
      if (const io_result r = flush(); !r.ok()) return done(r);
      constexpr unsigned goes_on = BR_SSL_RECVREC | BR_SSL_RECVAPP | BR_SSL_CLOSED;
      if ((br_ssl_engine_current_state(&state()) & goes_on) == 0 && !peer_closed())
        return die(BR_ERR_UNEXPECTED);
      continue;
    }
    if (wish_arrives()) {
      if (const io_result r = flush(); !r.ok()) return done(r);
    } else if ((now_can & BR_SSL_SENDREC) != 0) {
      answer();
    }
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
    std::size_t room = 0;
    unsigned char* into = br_ssl_engine_sendapp_buf(&state(), &room);
    while (into == nullptr) {
      // A record may be on its way.
      if (const io_result r = flush(); !r.ok()) return done(r);
      into = br_ssl_engine_sendapp_buf(&state(), &room);
      if (into != nullptr || peer_closed()) break;
      // BearSSL takes no data in the middle of a wish to renegotiate: the rest of it must come first.
      const unsigned now_can = br_ssl_engine_current_state(&state());
      if ((now_can & BR_SSL_CLOSED) != 0) return die();
      if ((now_can & BR_SSL_RECVREC) == 0) return die(BR_ERR_UNEXPECTED);
      if (const io_result r = fill(); !r.ok()) return done(r);
    }
    if (into == nullptr) {
      return die(composed([] {
                   error e;
                   e.code = std::make_error_code(std::errc::broken_pipe);
                   e.message = "send: the peer has closed, and engine 'bearssl' sends nothing after that";
                   return e;
                 }),
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
  return !wire_.waits() && (!begun() || buffers_.release(state()));
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
  return composed([&] { return error_; });
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

STLS_NAMESPACE_END
