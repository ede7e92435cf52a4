#include <stls/sock/config_watcher.hpp>

#include "base/fail.hpp"
#include "sock/as_tuple.hpp"
#include "sock/empty_handle.hpp"
#include "sock/file_watch.hpp"
#include "sock/system_failure.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

// config_watcher_body is what a config_watcher stands for. A next that waits holds it.
class config_watcher_body : public std::enable_shared_from_this<config_watcher_body> {
 public:
  using ptr = std::shared_ptr<config_watcher_body>;
  using clock = std::chrono::steady_clock;

  config_watcher_body(const asio::any_io_executor& ex, const options& opt, const watch_options& how)
      : options_(opt), how_(how), descriptor_(ex), alarm_(ex) {
    note(opt.ca);
    note(opt.cert);
    note(opt.key);
    note(opt.ocsp_staple);
    note(opt.crl);
    for (const keypair& pair : opt.keypairs) {
      note(pair.cert);
      note(pair.key);
      note(pair.ocsp_staple);
    }
    if (!opt.ticket_keys.path().empty()) files_.push_back(opt.ticket_keys.path());
    if (!opt.ca_path.empty()) directories_.push_back(opt.ca_path);
  }
  config_watcher_body(const config_watcher_body&) = delete;
  config_watcher_body& operator=(const config_watcher_body&) = delete;
  // The descriptor is the watch's.
  ~config_watcher_body() {
    if (descriptor_.is_open()) descriptor_.release();
  }

  result<void> begin() {
    if (auto done = watch_.open(); !done) return done;
    std::error_code failure;
    descriptor_.assign(watch_.descriptor(), failure);
    if (failure) return fail(system_failure("config_watcher", failure.value()));
    auto made = make();
    if (!made) return fail(std::move(made.error()));
    current_ = std::move(*made);
    return {};
  }

  static task<config> next(ptr self, expires e);

  [[nodiscard]] const config& current() const noexcept { return current_; }
  [[nodiscard]] asio::any_io_executor executor() { return alarm_.get_executor(); }
  void cancel() {
    if (!waiting_) return;
    cancelled_ = true;
    stop_waiting();
  }
  void close() noexcept {
    closed_ = true;
    stop_waiting();
  }

 private:
  void note(const material& m) {
    if (m.is_file()) files_.push_back(m.content());
  }

  // Watched before it is read: what changes meanwhile is noticed.
  result<config> make() {
    return guarded([&]() -> result<config> {
      if (auto done = watch_.follow(files_, directories_); !done) return fail(std::move(done.error()));
      return config::make(options_);
    });
  }

  // look says whether something has changed since the last look.
  bool look() {
    const bool any = watch_.changed();
    changed_ = changed_ || any;
    return any;
  }

  void stop_waiting() noexcept {
    std::error_code ignored;
    descriptor_.cancel(ignored);
  }

  // wait is over when something may have happened in a directory, at that time, and at a stop; then it looks.
  asio::awaitable<bool> wait(clock::time_point until);

  // stopped says why next must not go on.
  [[nodiscard]] errc stopped(clock::time_point deadline, bool coroutine_cancelled) const noexcept {
    if (closed_) return errc::closed;
    if (cancelled_ || coroutine_cancelled) return errc::cancelled;
    return clock::now() >= deadline ? errc::timed_out : errc{};
  }

  class waiting {
   public:
    explicit waiting(config_watcher_body& of) noexcept : of_(of) {
      of_.waiting_ = true;
      of_.cancelled_ = false;
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() { of_.waiting_ = false; }

   private:
    config_watcher_body& of_;
  };

  // attempt is how far it has come with what has changed. A next that is stopped leaves it to the following
  // one, so that those who wait for a moment each time come to an end, too.
  struct attempt {
    error why;                                                   // the files make no config
    clock::time_point patient_until = clock::time_point::max();  // of files that make none
    clock::time_point quiet_until = clock::time_point::max();    // of files that have changed
    clock::time_point latest = clock::time_point::max();

    [[nodiscard]] clock::time_point read_at() const noexcept { return std::min(quiet_until, latest); }
  };

  options options_;
  watch_options how_;
  std::vector<std::string> files_;
  std::vector<std::string> directories_;
  file_watch watch_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer alarm_;
  config current_;
  attempt attempt_;
  bool changed_ = false;  // and no config was made since
  bool waiting_ = false;
  bool cancelled_ = false;
  bool closed_ = false;
};

asio::awaitable<bool> config_watcher_body::wait(clock::time_point until) {
  if (until != clock::time_point::max()) {
    alarm_.expires_at(until);
    alarm_.async_wait([weak = weak_from_this()](std::error_code stopped) {
      const ptr self = weak.lock();
      if (self && !stopped) self->stop_waiting();
    });
  }
  co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, no_throw);
  alarm_.cancel();
  co_return look();
}

task<config> config_watcher_body::next(ptr self, expires e) {
  if (self->waiting_) co_return fail(errc::busy, "next: in use by another call");
  const waiting it(*self);
  const bool limited = !e.is_own() && !e.is_never();
  const clock::time_point deadline = limited ? e.at() : clock::time_point::max();
  attempt& so_far = self->attempt_;
  bool more = self->look();
  for (;;) {
    const clock::time_point time = clock::now();
    if (self->changed_ && so_far.quiet_until == clock::time_point::max()) {
      so_far.quiet_until = time + self->how_.quiet;
      so_far.latest = time + 10 * self->how_.quiet;
    } else if (more) {
      so_far.quiet_until = time + self->how_.quiet;
    }
    if (time >= so_far.read_at()) {
      so_far.quiet_until = so_far.latest = clock::time_point::max();
      self->changed_ = false;
      auto made = self->make();
      if (made) {
        self->current_ = *made;
        so_far = attempt();
        co_return made;
      }
      so_far.why = std::move(made.error());
      if (so_far.patient_until == clock::time_point::max()) so_far.patient_until = time + self->how_.patience;
      more = self->look();
      continue;
    }
    if (!self->changed_ && time >= so_far.patient_until) {
      error why = std::move(so_far.why);
      so_far = attempt();
      co_return fail(std::move(why));
    }
    const bool stop =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (const errc reason = self->stopped(deadline, stop); reason != errc{})
      co_return fail(reason, "next: " + make_error_code(reason).message());
    const clock::time_point next_look = self->changed_ ? so_far.read_at() : so_far.patient_until;
    more = co_await self->wait(std::min(deadline, next_look));
  }
}

config_watcher::config_watcher() noexcept = default;
config_watcher::config_watcher(std::shared_ptr<config_watcher_body> body) noexcept : body_(std::move(body)) {}
config_watcher::config_watcher(config_watcher&&) noexcept = default;

config_watcher& config_watcher::operator=(config_watcher&& other) noexcept {
  if (this == &other) return *this;
  if (body_) body_->close();
  body_ = std::move(other.body_);
  return *this;
}

config_watcher::~config_watcher() {
  if (body_) body_->close();
}

result<config_watcher> config_watcher::make(asio::any_io_executor ex, const options& opt,
                                            const watch_options& how) {
  return guarded([&]() -> result<config_watcher> {
    auto body = std::make_shared<config_watcher_body>(ex, opt, how);
    if (auto done = body->begin(); !done) return fail(std::move(done.error()));
    return config_watcher(std::move(body));
  });
}

const config& config_watcher::current() const noexcept {
  static const config none;
  return body_ ? body_->current() : none;
}

task<config> config_watcher::next(expires e) {
  return body_ ? config_watcher_body::next(body_, e) : empty_task<config>("next", "config_watcher");
}

void config_watcher::cancel() {
  if (body_) body_->cancel();
}

asio::any_io_executor config_watcher::get_executor() const noexcept {
  return body_ ? body_->executor() : asio::any_io_executor();
}

STLS_NAMESPACE_END
