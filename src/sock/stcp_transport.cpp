// stcp_body as the transport of its connection: what is read ahead, what is not sent yet, and the pump.
#include "sock/stcp_body.hpp"

#include "base/fail.hpp"

#include <asio/bind_executor.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

// A verb with more room than that receives into memory of the thread first: many records for one system call.
// With less, the engine's own buffer does.
constexpr std::size_t small_read = std::size_t{32} * 1024;
constexpr std::size_t staging_size = std::size_t{256} * 1024;

std::span<std::byte> staging() {
  using memory = std::array<std::byte, staging_size>;
  thread_local const std::unique_ptr<memory> here = std::make_unique_for_overwrite<memory>();
  return *here;
}

// Who waits gives its memory to the next connection of the thread that needs some.
thread_local std::unique_ptr<std::vector<std::byte>> spare_carry;

}  // namespace

io_result stcp_body::read(std::span<std::byte> into) noexcept {
  touched_ = true;
  const io_result r = receive(into);
  heard_ = heard_ || (established_ && r.ok()) || r.status == io_status::eof;
  return r;
}

io_result stcp_body::receive(std::span<std::byte> into) noexcept {
  if (lost_bytes_) {
    errno = ENOMEM;
    return {0, io_status::error};
  }
  if (carry_ && !carry_->empty()) {
    const std::size_t n = std::min(into.size(), carry_->size());
    std::memcpy(into.data(), carry_->data(), n);
    carry_->erase(carry_->begin(), carry_->begin() + static_cast<std::ptrdiff_t>(n));
    return {n, io_status::ok};
  }
  if (staged_.empty()) {
    if (room_ <= small_read) return socket().io().try_read(into);
    // Plaintext is smaller than what carries it: with that limit all that is received here is used up.
    const auto memory = staging();
    const io_result r = socket().io().try_read(memory.first(std::min(room_, memory.size())));
    if (!r.ok()) return r;
    staged_ = memory.first(r.bytes);
  }
  const std::size_t n = std::min(into.size(), staged_.size());
  std::memcpy(into.data(), staged_.data(), n);
  staged_ = staged_.subspan(n);
  return {n, io_status::ok};
}

io_result stcp_body::write(std::span<const std::byte> from) {
  touched_ = true;
  if (write_failure_ != 0) {
    errno = write_failure_;
    return {0, io_status::error};
  }
  out_.append(from);
  return {from.size(), io_status::ok};
}

io_result stcp_body::read_more(std::span<std::byte> into, std::size_t& got) noexcept {
  io_result r;
  do {
    room_ = into.size() - got;
    r = tls_.recv(into.subspan(got));
    got += r.bytes;
  } while (r.ok() && got < into.size());
  room_ = 0;
  if (!staged_.empty()) keep_staged();
  return r;
}

// What the engine had read before may have filled the caller's room.
void stcp_body::keep_staged() noexcept {
  const auto done = guarded([&]() -> result<void> {
    carry().assign(staged_.begin(), staged_.end());
    return {};
  });
  lost_bytes_ = !done;
  staged_ = {};
}

std::vector<std::byte>& stcp_body::carry() {
  if (!carry_) carry_ = std::move(spare_carry);
  if (!carry_) carry_ = std::make_unique<std::vector<std::byte>>();
  return *carry_;
}

void stcp_body::lend_carry() noexcept {
  if (carry_ && carry_->empty()) spare_carry = std::move(carry_);
}

io_result stcp_body::flush() noexcept {
  while (!out_.empty()) {
    const io_result r = socket().io().try_write(out_.bytes());
    if (r.wants()) return r;
    if (!r.ok()) {
      write_failure_ = errno;
      out_.clear();
      changed_.wake();
      return r;
    }
    out_.consume(r.bytes);
  }
  if (std::exchange(end_is_due_, false)) ::shutdown(socket().io().descriptor(), SHUT_WR);
  changed_.wake();
  return {};
}

void stcp_body::flush_or_pump() {
  if (out_.empty() && !end_is_due_) return;
  // A verb that waits to write does it.
  socket_body& s = socket();
  if (s.closed() || s.waits(lane_name::write, readiness::to_write) ||
      s.waits(lane_name::close, readiness::to_write)) {
    return;
  }
  if (flush().wants()) start_pump();
}

void stcp_body::start_pump() {
  if (pumping_ || socket().closed()) return;
  pumping_ = true;
  pump_.begin(
      socket().io(), readiness::to_write, [] {},
      asio::bind_executor(socket().executor(), [self = shared_from_this()] {
        self->pumping_ = false;
        self->flush_or_pump();
      }));
}

void stcp_body::stop_pump() noexcept {
  if (pumping_) pump_.wake(socket().io());
}

STLS_NAMESPACE_END
