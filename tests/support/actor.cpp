#include "support/actor.hpp"

#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace stls::test {
namespace {

// Rounds without any progress until drive believes that nothing will come: random wants may follow one
// another.
constexpr int patience = 64;

}  // namespace

actor& actor::add(std::string label, std::function<std::optional<io_result>(bool&)> run) {
  steps_.push_back({std::move(label), std::move(run)});
  return *this;
}

actor& actor::then(std::string label, std::function<io_result()> call) {
  return add(std::move(label),
             [call = std::move(call)](bool&) -> std::optional<io_result> { return call(); });
}

actor& actor::call(std::string label, std::function<void()> now) {
  return add(std::move(label), [now = std::move(now)](bool&) -> std::optional<io_result> {
    now();
    return test::done;
  });
}

actor& actor::handshake() { return then("handshake", handshake_); }
actor& actor::shutdown() { return then("shutdown", shutdown_); }
actor& actor::close() { return then("close", close_); }
actor& actor::hang_up() { return call("hang up", hang_up_); }

std::optional<io_result> actor::send_some(std::span<const std::byte> data, std::size_t& sent,
                                          bool& progress) {
  if (sent == data.size()) return test::done;
  const io_result r = send_(data.subspan(sent, std::min(piece, data.size() - sent)));
  if (!r.ok()) return r;
  sent += r.bytes;
  progress = true;
  return sent == data.size() ? std::optional(test::done) : std::nullopt;
}

std::optional<io_result> actor::recv_some(std::size_t limit, std::size_t& got, bool& progress) {
  const auto room = std::min(piece, limit - got);
  bytes into(room);
  const io_result r = recv_(into);
  if (!r.ok()) return r;
  append(received, std::span(into).first(std::min(r.bytes, room)));
  got += r.bytes;
  progress = true;
  if (got < limit) return std::nullopt;
  return test::done;
}

actor& actor::send(bytes data) {
  return add("send of " + std::to_string(data.size()),
             [this, data = std::move(data), sent = std::size_t{0}](bool& progress) mutable {
               return send_some(data, sent, progress);
             });
}

actor& actor::recv(std::size_t n) {
  return add("recv of " + std::to_string(n), [this, n, got = std::size_t{0}](bool& progress) mutable {
    return n == 0 ? std::optional(test::done) : recv_some(n, got, progress);
  });
}

actor& actor::exchange(bytes data, std::size_t n) {
  return add("exchange of " + std::to_string(data.size()) + " and " + std::to_string(n),
             [this, data = std::move(data), n, sent = std::size_t{0},
              got = std::size_t{0}](bool& progress) mutable -> std::optional<io_result> {
               const auto out = send_some(data, sent, progress);
               if (out && !out->ok() && !out->wants()) return out;
               const auto in = got < n ? recv_some(n, got, progress) : std::optional(test::done);
               if (in && !in->ok() && !in->wants()) return in;
               if (sent == data.size() && got == n) return test::done;
               if (progress) return std::nullopt;
               return got < n && in ? in : out;
             });
}

actor& actor::recv_end() {
  return add("recv to the end", [this](bool& progress) -> std::optional<io_result> {
    std::size_t got = 0;
    const auto r = recv_some(piece + 1, got, progress);
    if (r && r->status == io_status::eof) return test::done;
    return r && r->ok() ? std::nullopt : r;
  });
}

bool actor::turn() {
  settle_();
  bool progress = false;
  if (!resting()) {
    step& current = steps_.front();
    at = current.label;
    if (const auto r = current.run(progress)) {
      last = *r;
      if (r->ok()) {
        steps_.pop_front();
        progress = true;
      } else if (!r->wants()) {
        if (r->status == io_status::error) failure = why_();
        stopped_ = true;
        hang_up_();
        progress = true;
      }
    }
  }
  const auto moved = moved_();
  if (moved != seen_moved_) progress = true;
  seen_moved_ = moved;
  return progress;
}

std::string actor::story() const {
  if (done()) return "it did all its steps";
  std::string text = stopped_ ? "it stopped at " : "it is still at ";
  text += at + ", answer " + to_string(last);
  if (failure.code) text += ": " + failure.message;
  return text;
}

outcome drive(actor& a, actor& b, std::size_t turns) {
  for (int idle = 0; idle < patience;) {
    if (a.resting() && b.resting()) return outcome::finished;
    if (turns-- == 0) return outcome::too_long;
    const bool a_moves = a.turn();
    const bool b_moves = b.turn();
    idle = a_moves || b_moves ? 0 : idle + 1;
  }
  return outcome::stuck;
}

outcome drive(actor& a, std::size_t turns) {
  for (int idle = 0; idle < patience;) {
    if (a.resting()) return outcome::finished;
    if (turns-- == 0) return outcome::too_long;
    idle = a.turn() ? 0 : idle + 1;
  }
  return outcome::stuck;
}

void play(actor& a, actor& b) {
  const auto how = drive(a, b);
  EXPECT_NE(how, outcome::too_long);
  EXPECT_TRUE(a.done()) << "the first: " << a.story();
  EXPECT_TRUE(b.done()) << "the second: " << b.story();
}

}  // namespace stls::test
