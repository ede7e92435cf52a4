#include <stls/sock/stream_core.hpp>

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/out_buffer.hpp"

#include <asio/error.hpp>
#include <stls/buffering.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// A write below takes that much and the record that made it full; asio::async_write offers as much at a time.
constexpr std::size_t batch = std::size_t{64} * 1024;
// A peer that only asks for answers (KeyUpdate), and never takes them, gets no more of them than this.
constexpr std::size_t most_output = 4 * batch;
constexpr std::size_t input_size = std::size_t{32} * 1024;  // a record, and most of the next
constexpr std::size_t record = std::size_t{16} * 1024;      // of plaintext

constexpr std::array<const char*, 4> verb_names = {"handshake", "read", "write", "shutdown"};

// It may be repeated, and has taken nothing.
bool is_passing(std::error_code e) noexcept {
  return e == asio::error::operation_aborted || e == asio::error::would_block || e == asio::error::try_again;
}

// piece gives what to make a record of: the rest of the buffer that the first `done` bytes end in. Where that
// is short, and more follow, they go together.
std::span<const std::byte> piece(std::span<const std::span<const std::byte>> from, std::size_t done,
                                 std::span<std::byte> scratch) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (done >= from[i].size()) {
      done -= from[i].size();
      continue;
    }
    const auto rest = from[i].subspan(std::exchange(done, 0));
    const bool is_last = std::all_of(from.begin() + static_cast<std::ptrdiff_t>(i) + 1, from.end(),
                                     [](const auto& more) { return more.empty(); });
    if (used == 0 && (is_last || rest.size() >= scratch.size())) return rest;
    const auto part = rest.first(std::min(rest.size(), scratch.size() - used));
    std::memcpy(scratch.data() + used, part.data(), part.size());
    used += part.size();
    if (used == scratch.size()) break;
  }
  return scratch.first(used);
}

}  // namespace

// buffers is the transport of the connection. It takes all that the engine writes: no verb ends with half a
// record made.
class stream_core::buffers {
 public:
  io_result read(std::span<std::byte> into) noexcept {
    if (begin_ == end_) return {0, at_end_ ? io_status::eof : io_status::want_read};
    const std::size_t n = std::min(into.size(), end_ - begin_);
    std::memcpy(into.data(), memory_.get() + begin_, n);
    begin_ += n;
    return {n, io_status::ok};
  }
  io_result write(std::span<const std::byte> from) {
    made().append(from);
    return {from.size(), io_status::ok};
  }

  // The engine has taken all that came before, or it would not want more.
  std::span<std::byte> room() {
    if (!memory_)
      memory_ = std::make_unique_for_overwrite<std::byte[]>(input_size);  // NOLINT(modernize-avoid-c-arrays)
    if (begin_ == end_) begin_ = end_ = 0;
    return {memory_.get() + end_, input_size - end_};
  }
  void arrived(std::size_t n) noexcept { end_ += n; }
  void end_of_input() noexcept { at_end_ = true; }

  // What is on its way must not move, so what is made meanwhile goes elsewhere.
  std::span<const std::byte> to_send() noexcept {
    if (sent().empty()) making_ = 1 - making_;
    return sent().bytes();
  }
  void was_sent(std::size_t n) noexcept { sent().consume(n); }
  void drop_output() noexcept {
    for (out_buffer& b : out_) b.clear();
  }
  [[nodiscard]] std::size_t unsent() const noexcept { return out_[0].size() + out_[1].size(); }

 private:
  out_buffer& made() noexcept { return out_.at(making_); }
  out_buffer& sent() noexcept { return out_.at(1 - making_); }

  std::unique_ptr<std::byte[]> memory_;  // NOLINT(modernize-avoid-c-arrays): not zeroed first
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::array<out_buffer, 2> out_;
  std::size_t making_ = 0;
};

stream_core::stream_core(const asio::any_io_executor& ex, const client& by, std::string_view servername,
                         std::span<const std::byte> session)
    : buffers_(std::make_unique<buffers>()),
      input_(ex, asio::steady_timer::time_point::max()),
      output_(ex, asio::steady_timer::time_point::max()) {
  take(by.connect(servername, transport::from(*buffers_), session, buffering::transient));
}

stream_core::stream_core(const asio::any_io_executor& ex, const server& by)
    : buffers_(std::make_unique<buffers>()),
      input_(ex, asio::steady_timer::time_point::max()),
      output_(ex, asio::steady_timer::time_point::max()) {
  take(by.accept(transport::from(*buffers_), buffering::transient));
}

stream_core::~stream_core() = default;

// A constructor gives no result, so the first verb tells.
void stream_core::take(result<connection> made) {
  if (made) {
    tls_ = std::move(*made);
  } else {
    refusal_ = std::move(made.error());
    last_error_ = refusal_;
  }
}

void stream_core::tell(error e) { last_error_ = std::move(e); }

// -- the beginning and the end of a verb

bool& stream_core::place_of(verb v) noexcept {
  switch (v) {
    case verb::handshake:
      return handshakes_;
    case verb::read:
      return reads_;
    case verb::write:
    case verb::shutdown:
      break;
  }
  return writes_;
}

bool stream_core::enter(progress& p) {
  bool& taken = place_of(p.what);
  if (taken) {
    fail(p, make_error_code(errc::busy));
    return false;
  }
  p.entered = taken = true;
  return true;
}

void stream_core::leave(const progress& p) noexcept {
  if (p.entered) place_of(p.what) = false;
}

void stream_core::fail(progress& p, std::error_code why) {
  p.is = progress::state::over;
  if (p.failure) return;  // the first reason is the best one
  p.failure = why;
  error e;
  e.code = why;
  e.transferred = p.count;
  e.message = cat({verb_names.at(static_cast<std::size_t>(p.what)), ": ", why.message()});
  tell(std::move(e));
}

void stream_core::abandon() {
  abandoned_ = true;
  input_.cancel();
  output_.cancel();
}

bool stream_core::begins(progress& p) {
  if (p.is != progress::state::running) return false;
  if (abandoned_) {
    fail(p, asio::error::operation_aborted);
  } else if (refusal_.code) {
    p.failure = refusal_.code;
    p.is = progress::state::over;
    tell(refusal_);
  }
  return p.is == progress::state::running;
}

stream_core::step stream_core::over(progress& p) {
  p.is = progress::state::over;
  return step::done;
}

// -- what to do next

stream_core::step stream_core::handshake(progress& p) {
  if (!begins(p)) return go_on(p);
  const io_result r = tls_.handshake();
  // A read or a write has made it meanwhile.
  if (r.status == io_status::error && tls_.last_error() == errc::invalid_state) return answer(p, {});
  return answer(p, r);
}

stream_core::step stream_core::read(progress& p, std::span<const std::span<std::byte>> into) {
  if (!begins(p)) return go_on(p);
  io_result r;
  for (auto room = into.begin(); room != into.end() && r.ok(); ++room) {
    for (std::size_t n = 0; n < room->size(); n += r.bytes) {
      r = tls_.recv(room->subspan(n));
      if (!r.ok()) break;
      p.count += r.bytes;
    }
  }
  // What was received does not wait for what it made us say; but that does not wait for another verb, either.
  if (p.count != 0 || r.ok()) {
    p.is = progress::state::over;
    return has_output() && !writing_ ? step::pump : step::done;
  }
  if (r.status != io_status::eof) return answer(p, r);
  fail(p, asio::error::eof);
  return step::done;
}

stream_core::step stream_core::write(progress& p, std::span<const std::span<const std::byte>> from) {
  if (!begins(p)) return go_on(p);
  std::size_t size = 0;
  for (const auto& part : from) size += part.size();
  if (size == 0) return over(p);
  if (write_failure_) {
    fail(p, write_failure_);
    return step::done;
  }
  // Left by one that was cancelled.
  if (buffers_->unsent() >= batch) return writing_ ? step::wait_for_output : step::write;
  std::array<std::byte, record>
      scratch;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before read
  io_result r;
  while (r.ok() && p.count < size && buffers_->unsent() < batch) {
    r = tls_.send(piece(from, p.count, scratch));
    p.count += r.bytes;
  }
  return answer(p, p.count != 0 && r.wants() ? io_result{} : r);
}

stream_core::step stream_core::shutdown(progress& p) {
  if (!begins(p)) return go_on(p);
  if (closed_) return answer(p, {});
  io_result r = tls_.shutdown();
  // Where the engine cannot go on receiving after that, both directions end.
  if (r.status == io_status::error && tls_.last_error() == errc::unsupported) {
    r = tls_.close();
    closed_ = r.ok();
  }
  return answer(p, r);
}

stream_core::step stream_core::answer(progress& p, io_result r) {
  if (r.wants()) return go_on(p);
  if (r.status == io_status::error) {
    p.failure = tls_.last_error().code;
    tell(tls_.last_error());
    last_error_.transferred = p.count;
  }
  p.is = progress::state::flushing;  // the alert, of what has failed
  return go_on(p);
}

stream_core::step stream_core::go_on(progress& p) {
  if (abandoned_) fail(p, asio::error::operation_aborted);
  switch (p.is) {
    case progress::state::running:
      if (has_output() && !writing_ && !p.blocked) return p.what == verb::read ? step::pump : step::write;
      if (buffers_->unsent() >= most_output) {
        if (writing_) return step::wait_for_output;
        fail(p, p.blocked);
        break;
      }
      return reading_ ? step::wait_for_input : step::read;
    case progress::state::flushing:
      if (writing_) return step::wait_for_output;
      if (has_output()) return step::write;
      if (write_failure_) fail(p, write_failure_);
      break;
    case progress::state::over:
      break;
  }
  return over(p);
}

// -- the layer below

std::span<std::byte> stream_core::begin_read() {
  reading_ = true;
  return buffers_->room();
}

void stream_core::end_read(progress& p, std::error_code e, std::size_t n) {
  reading_ = false;
  buffers_->arrived(n);
  if (e == asio::error::eof) {
    buffers_->end_of_input();
  } else if (e && n == 0) {
    fail(p, e);
  }
  input_.cancel();
}

std::span<const std::byte> stream_core::begin_write() {
  writing_ = true;
  return buffers_->to_send();
}

void stream_core::end_write(progress& p, std::error_code e, std::size_t n) {
  end_write(e, n);
  if (!e) return;
  // What was taken over is sent by the next verb, and must not be written again.
  const bool taken = p.what == verb::write && p.count != 0;
  if (taken && (e == asio::error::would_block || e == asio::error::try_again)) {
    p.is = progress::state::over;
  } else {
    fail(p, e);
  }
}

// What the pump could not send holds up no input, which may be what makes room at the other end.
void stream_core::end_pump(progress& p, std::error_code e, std::size_t n) {
  end_write(e, n);
  p.blocked = e;
}

void stream_core::end_write(std::error_code e, std::size_t n) {
  writing_ = false;
  buffers_->was_sent(n);
  if (e && !is_passing(e)) {
    // What the peer has said last can still be read.
    write_failure_ = e;
    buffers_->drop_output();
  }
  output_.cancel();
}

bool stream_core::has_output() const noexcept { return !abandoned_ && buffers_->unsent() != 0; }

STLS_NAMESPACE_END
