#include "sock/connect_race.hpp"

#include <asio/post.hpp>

#include <unistd.h>

#include <utility>

STLS_NAMESPACE_BEGIN

std::vector<endpoint> by_turns(const std::vector<endpoint>& preferred) {
  std::vector<endpoint> ordered;
  std::vector<endpoint> other;
  for (const endpoint& e : preferred) {
    (e.protocol().family() == preferred.front().protocol().family() ? ordered : other).push_back(e);
  }
  for (std::size_t i = 0; i < other.size(); ++i) {
    const auto place = static_cast<std::ptrdiff_t>(std::min(2 * i + 1, ordered.size()));
    ordered.insert(ordered.begin() + place, other[i]);
  }
  return ordered;
}

connect_race::~connect_race() {
  if (winner_ >= 0) ::close(winner_);
}

void connect_race::stop() {
  stopped_ = true;
  next_attempt_.cancel();
  for (const auto& weak : attempts_) {
    std::error_code ignored;
    if (const auto attempt = weak.lock()) attempt->close(ignored);
  }
}

void connect_race::start_next() {
  if (stopped_ || started_ == all_.size()) return;
  const endpoint& to = all_[started_++];
  auto attempt = std::make_shared<socket>(executor_);
  attempts_.push_back(attempt);
  ++running_;
  const auto done = [self = shared_from_this(), attempt](std::error_code failure) {
    self->ended(attempt, failure);
  };
  if (const std::error_code refused = prepare(*attempt, to)) {
    asio::post(executor_, [done, refused] { done(refused); });
  } else {
    attempt->async_connect(to, done);
  }
  if (started_ == all_.size()) return;
  next_attempt_.expires_after(delay);
  next_attempt_.async_wait([weak = weak_from_this()](std::error_code stopped) {
    const auto self = weak.lock();
    if (self && !stopped) self->start_next();
  });
}

std::error_code connect_race::prepare(socket& attempt, const endpoint& to) const {
  std::error_code failure;
  attempt.open(to.protocol(), failure);
  if (!failure) failure = options_.apply(attempt.native_handle());
  return failure;
}

void connect_race::ended(const std::shared_ptr<socket>& attempt, std::error_code failure) {
  --running_;
  if (stopped_) return;
  if (!failure) {
    winner_ = attempt->release(failure);
    if (failure) winner_ = -1;
  }
  if (winner_ >= 0) {
    stop();
  } else {
    last_failure_ = failure;
    next_attempt_.cancel();
    start_next();
  }
  if (over()) changed.wake();
}

STLS_NAMESPACE_END
