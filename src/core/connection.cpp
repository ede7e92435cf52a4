#include <stls/connection.hpp>

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "core/handshake_watch.hpp"
#include "engine/snapshot.hpp"

#include <stls/engine.hpp>

#include <string>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::string_view re_entered = "called from inside a callback of the same connection";
constexpr std::string_view is_empty = "the connection is empty: default-constructed, or moved from";

const conn_info& no_info() noexcept {
  static const conn_info empty;
  return empty;
}

}  // namespace

// body is the state of a connection. What is the same on every engine is decided here, once: re-entry, the
// order of calls, which errors are final.
class connection::body {
 public:
  body(std::unique_ptr<engine> e, const std::shared_ptr<const context>& by, role r, transport t)
      : context_(*by),
        engine_(std::move(e)),
        transport_(t),
        tells_sessions_(static_cast<bool>(by->options().on_session)) {
    if (!by->options().on_handshake) return;
    watch_ = std::make_unique<handshake_watch>(by, r, t);
    transport_ = watch_->watched();
  }
  body(const body&) = delete;
  body& operator=(const body&) = delete;
  ~body() { give_up_handshake("the connection was destroyed in the middle of it"); }

  io_result handshake() noexcept {
    if (const io_result r = enter(); !r.ok()) return r;
    if (engine_->established()) return refuse(errc::invalid_state, "handshake: already done");
    return call([&] { return engine_->handshake(transport_); });
  }

  io_result recv(std::span<std::byte> into) noexcept {
    if (const io_result r = enter(); !r.ok()) return r;
    if (into.empty()) return refuse(errc::invalid_argument, "recv: no room for a single byte");
    return call([&] { return engine_->read(transport_, into); });
  }

  io_result send(std::span<const std::byte> from) noexcept {
    if (const io_result r = enter(); !r.ok()) return r;
    if (shut_down_) return refuse(errc::closed, "send: after shutdown");
    if (from.empty()) return {};
    return call([&] { return engine_->write(transport_, from); });
  }

  io_result shutdown() noexcept {
    if (const io_result r = enter(); !r.ok()) return r;
    if (!engine_->established()) return refuse(errc::invalid_state, "shutdown: before the handshake is done");
    const io_result r = call([&] { return engine_->shutdown(transport_); });
    // Also while close_notify waits to be sent: no data may follow it. A refusal has changed nothing.
    shut_down_ = shut_down_ || r.status != io_status::error;
    return r;
  }

  io_result close() noexcept {
    if (in_call_) return refuse(errc::busy, re_entered);
    if (closed_ || failed_) {
      closed_ = true;
      return {};
    }
    shut_down_ = true;
    const io_result r = call([&] { return engine_->close(transport_); });
    closed_ = !r.wants();
    if (closed_) give_up_handshake("the connection was closed in the middle of it");
    return r;
  }

  result<void> release_buffers() {
    if (in_call_) return fail(errc::busy, std::string(re_entered));
    if (!failed_ && !engine_->release_buffers())
      return fail(errc::busy, "release_buffers: a want is pending");
    return {};
  }

  result<std::vector<std::byte>> export_session() {
    if (in_call_) return fail(errc::busy, std::string(re_entered));
    return guarded([&] { return engine_->export_session(); });
  }

  result<void> check_ocsp(std::span<const std::byte> response) {
    if (in_call_) return fail(errc::busy, std::string(re_entered));
    if (!engine_->established()) return fail(errc::invalid_state, "check_ocsp: before the handshake is done");
    return guarded([&]() -> result<void> {
      auto verdict = engine_->judge_ocsp(response);
      if (!verdict) return fail(std::move(verdict.error()));
      static_cast<void>(info());
      if (!info_) return fail(errc::out_of_memory, out_of_memory);
      verdict->info.url = std::move(info_->ocsp.url);
      info_->ocsp = std::move(verdict->info);
      if (verdict->complaint.code) return fail(std::move(verdict->complaint));
      return {};
    });
  }

  [[nodiscard]] std::size_t pending() const noexcept { return in_call_ || failed_ ? 0 : engine_->pending(); }

  const conn_info& info() noexcept {
    if (info_) return *info_;
    if (in_call_ || !engine_->established()) return no_info();
    // Without memory for it nothing is known.
    auto made = guarded([&]() -> result<std::unique_ptr<conn_info>> {
      auto known = std::make_unique<conn_info>();
      known->engine = context_.engine_name();
      engine_->describe(*known);
      return known;
    });
    if (!made) return no_info();
    info_ = std::move(*made);
    return *info_;
  }

  [[nodiscard]] const error& last_error() const noexcept { return error_; }

 private:
  // enter says whether a verb may begin.
  io_result enter() noexcept {
    if (in_call_) return refuse(errc::busy, re_entered);
    if (closed_) return refuse(errc::closed, "the connection is closed");
    if (failed_) return {0, io_status::error};  // error_ says why, still
    return {};
  }

  io_result refuse(errc code, std::string_view sentence) noexcept {
    error_ = composed([&] { return error(code, std::string(sentence)); });
    return {0, io_status::error};
  }

  template <class Verb>
  io_result call(Verb&& verb) noexcept {
    in_call_ = true;
    const io_result r = std::forward<Verb>(verb)();
    if (r.status == io_status::error) {
      error_ = engine_->take_error();
      failed_ = is_final(error_);
    }
    if (watch_ && (failed_ || engine_->established())) end_watch(engine_->established() ? nullptr : &error_);
    if (tells_sessions_ && engine_->sessions_received() != sessions_told_ && engine_->established())
      deliver_session();
    in_call_ = false;
    return r;
  }

  void deliver_session() noexcept {
    sessions_told_ = engine_->sessions_received();
    const auto& tell = context_.options().on_session;
    if (failed_) return;
    // Without memory for it there is one session less; and what the application makes of it does not concern
    // the connection.
    static_cast<void>(guarded([&]() -> result<void> {
      auto session = engine_->export_session();
      if (!session) return {};
      const wiped at_end(*session);
      conn_info known;
      engine_->describe(known);
      tell(known.servername, *session);
      return {};
    }));
  }

  // end_watch tells of the handshake, and leaves the transport to the engine alone.
  void end_watch(const error* failure) noexcept {
    const auto watch = std::move(watch_);
    transport_ = watch->original();
    watch->report(*engine_, failure);
  }

  void give_up_handshake(std::string_view why) noexcept {
    if (!watch_) return;
    if (!watch_->begun()) {
      transport_ = watch_->original();
      watch_.reset();
      return;
    }
    const error given_up = guarded([&]() -> result<error> {
                             return error(errc::closed, cat({"handshake failed: ", why}));
                           }).value_or(error(errc::closed, {}));
    in_call_ = true;
    end_watch(&given_up);
    in_call_ = false;
  }

  // An error of the call changed nothing; every other is the connection's, and final.
  static bool is_final(const error& e) noexcept {
    return e != errc::busy && e != errc::invalid_argument && e != errc::invalid_state &&
           e != errc::unsupported;
  }

  const context& context_;  // the engine keeps it
  std::unique_ptr<engine> engine_;
  transport transport_;
  std::unique_ptr<conn_info> info_;
  std::unique_ptr<handshake_watch> watch_;  // null: the handshake is over, or nobody wants to know
  error error_;
  std::size_t sessions_told_ = 0;
  bool tells_sessions_;
  bool in_call_ = false;
  bool shut_down_ = false;
  bool closed_ = false;
  bool failed_ = false;
};

connection::connection() noexcept = default;
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;
connection::~connection() = default;

connection::connection(std::unique_ptr<body> b) noexcept : body_(std::move(b)) {}

io_result connection::handshake() { return body_ ? body_->handshake() : io_result{0, io_status::error}; }

io_result connection::recv(std::span<std::byte> into) {
  return body_ ? body_->recv(into) : io_result{0, io_status::error};
}

io_result connection::send(std::span<const std::byte> from) {
  return body_ ? body_->send(from) : io_result{0, io_status::error};
}

io_result connection::shutdown() { return body_ ? body_->shutdown() : io_result{0, io_status::error}; }

io_result connection::close() { return body_ ? body_->close() : io_result{0, io_status::error}; }

result<void> connection::release_buffers() {
  if (!body_) return fail(errc::invalid_state, std::string(is_empty));
  return body_->release_buffers();
}

std::size_t connection::pending() const noexcept { return body_ ? body_->pending() : 0; }

result<std::vector<std::byte>> connection::export_session() {
  if (!body_) return fail(errc::invalid_state, std::string(is_empty));
  return body_->export_session();
}

result<void> connection::check_ocsp(std::span<const std::byte> response) {
  if (!body_) return fail(errc::invalid_state, std::string(is_empty));
  return body_->check_ocsp(response);
}

const conn_info& connection::info() const { return body_ ? body_->info() : no_info(); }

const error& connection::last_error() const noexcept {
  if (body_) return body_->last_error();
  static const error empty(errc::invalid_state, std::string(is_empty));
  return empty;
}

namespace {

// What the handles of both roles do alike: find the context that was compiled for them.
result<std::shared_ptr<const context>> context_of(const config& conf, role r) {
  return guarded([&] { return compiled(conf, r); });
}

tl::unexpected<error> no_config(std::string_view handle) {
  return fail(errc::invalid_state, cat({"the ", handle, " is empty; make it with ", handle, "::make"}));
}

}  // namespace

client::client() noexcept = default;

result<client> client::make(const config& conf) {
  client made;
  if (auto done = made.reset(conf); !done) return fail(std::move(done.error()));
  return made;
}

result<void> client::reset(const config& conf) {
  auto found = context_of(conf, role::client);
  if (!found) return fail(std::move(found.error()));
  context_ = std::move(*found);
  return {};
}

result<connection> client::connect(std::string_view servername, transport t) const {
  return connect(servername, t, {});
}

result<connection> client::connect(std::string_view servername, transport t,
                                   std::span<const std::byte> session, buffering buffers) const {
  return guarded([&]() -> result<connection> {
    if (!context_) return no_config("client");
    auto made = context_->new_client(servername, buffers, session);
    if (!made) return fail(std::move(made.error()));
    return connection(std::make_unique<connection::body>(std::move(*made), context_, role::client, t));
  });
}

namespace {

// What serves on may expire: somebody should look.
void warn_of_refusal(const config& kept, const error& why) noexcept {
  static_cast<void>(guarded([&]() -> result<void> {
    kept.frozen()->parsed->warnings->warn(
        warning::severity::serious, "config_refused",
        cat({"a new config was refused, the old one is kept: ", why.message}));
    return {};
  }));
}

}  // namespace

server::server() noexcept = default;

result<server> server::make(const config& conf) {
  server made;
  if (auto done = made.reset(conf); !done) return fail(std::move(done.error()));
  return made;
}

result<void> server::reset(const config& conf) {
  auto found = context_of(conf, role::server);
  if (!found) {
    if (config_) warn_of_refusal(config_, found.error());
    return fail(std::move(found.error()));
  }
  if (config_) {
    const keyring ring = conf.tickets();
    const keyring before = config_.tickets();
    if (ring && before && ring.shared()->automatic()) {
      auto done = guarded([&]() -> result<void> {
        ring.shared()->adopt(*before.shared());
        return {};
      });
      if (!done) return done;
    }
  }
  context_ = std::move(*found);
  config_ = conf;
  return {};
}

result<connection> server::accept(transport t, buffering buffers) const {
  return guarded([&]() -> result<connection> {
    if (!context_) return no_config("server");
    auto made = context_->new_server(buffers);
    if (!made) return fail(std::move(made.error()));
    return connection(std::make_unique<connection::body>(std::move(*made), context_, role::server, t));
  });
}

STLS_NAMESPACE_END
