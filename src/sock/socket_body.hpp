// socket_body: a socket, and who waits for it.
#pragma once

#include "sock/early_options.hpp"
#include "sock/event.hpp"
#include "sock/handshake_count.hpp"
#include "sock/lane.hpp"
#include "sock/loop_socket.hpp"
#include "sock/system_failure.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/use_awaitable.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/address.hpp>
#include <stls/sock/direction.hpp>
#include <stls/sock/expires.hpp>
#include <stls/sock/task.hpp>

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// The lanes of a socket. A handshake runs beside verbs that wait for it, and a close beside those that it
// ends.
enum class lane_name : unsigned char { read, write, handshake, close };

// stop_reason is null where a verb may go on, else what it fails with. It is no optional: a coroutine that
// waits would hold room for an error at each place where it may get one.
using stop_reason = std::unique_ptr<error>;

// socket_body is what a tcp stands for. Verbs are coroutines that hold it, so that it outlives each wait; the
// handle only closes it.
class socket_body : public std::enable_shared_from_this<socket_body> {
 public:
  using ptr = std::shared_ptr<socket_body>;

  explicit socket_body(const asio::any_io_executor& ex, int family = AF_UNSPEC) : io_(ex), family_(family) {}

  [[nodiscard]] loop_socket& io() noexcept { return io_; }
  [[nodiscard]] asio::any_io_executor executor() noexcept { return io_.executor(); }
  // The only family of addresses that it goes to; AF_UNSPEC: any.
  [[nodiscard]] int family() const noexcept { return family_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  // -- the verbs of tcp

  static task<> connect(ptr self, std::string host, std::uint16_t port, expires e);
  static task<> bind(ptr self, std::string host, std::uint16_t port);
  result<void> listen(int backlog);
  // accept gives a connection that came. None is taken while the count, if there is one, is full.
  static task<ptr> accept(ptr self, std::shared_ptr<handshake_count> count, expires e);
  static task<std::size_t> recv(ptr self, std::span<std::byte> into, expires e);
  static task<> send(ptr self, std::span<const std::byte> from, expires e);
  result<void> shutdown(direction d);
  // close frees the descriptor, and ends every verb with that reason.
  void close(interruption why = interruption::closed);

  void set_own(direction d, lane::clock::time_point at, lane::clock::duration each);
  void interrupt(lane_name who, interruption why);
  // interrupt_all stops every verb but a close.
  void interrupt_all(interruption why);
  [[nodiscard]] result<address> name_of(bool remote);
  // set_option sets one of the descriptor. Where there is none yet it is kept for the one to come.
  result<void> set_option(int level, int name, std::span<const std::byte> value);
  // apply_early_options sets what was kept. On an error there is no descriptor any more.
  result<void> apply_early_options();

  // -- for those who build verbs

  // find gives a lane. Null: it is that of a handshake or a close, and no such verb runs.
  [[nodiscard]] lane* find(lane_name who) noexcept {
    return is_rare(who) ? rare(who).get() : &lanes_[static_cast<std::size_t>(who)];
  }
  // at gives a lane that is there: the reader's, the writer's, or that of a verb that runs.
  [[nodiscard]] lane& at(lane_name who) noexcept { return *find(who); }
  [[nodiscard]] bool waits(lane_name who, readiness what) noexcept {
    const lane* const l = find(who);
    return l != nullptr && l->waits_for == what;
  }

  // deadline is what `e` means in a lane, now.
  [[nodiscard]] lane::clock::time_point deadline(lane_name who, expires e) const;

  // turn is one verb that runs. It may not begin where another one does.
  class turn {
   public:
    turn(socket_body& of, lane_name who, const char* verb, expires e);
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn();
    [[nodiscard]] explicit operator bool() const noexcept { return began_; }

   private:
    socket_body& of_;
    lane_name who_;
    bool began_;
  };

  // refusal is why a verb may not begin.
  [[nodiscard]] error refusal(lane_name who, const char* verb) const;

  // A wait:
  //
  //   if (auto stop = self->before_wait(who)) co_return fail(*stop);
  //   co_await self->wait(who, readiness::to_read);
  //   if (auto stop = self->after_wait(who, co_await asio::this_coro::cancellation_state)) ...
  [[nodiscard]] stop_reason before_wait(lane_name who);
  [[nodiscard]] auto wait(lane_name who, readiness what) {
    at(who).waits_for = what;
    return ready_wait::awaited([this, who](auto handler) {
      lane& l = at(who);
      l.ready.begin(
          io_, *l.waits_for, [this, who] { interrupt(who, interruption::cancelled); }, std::move(handler));
    });
  }
  // sleep waits for an event, and not longer than until `latest`.
  [[nodiscard]] asio::awaitable<void> sleep(lane_name who, event& e,
                                            lane::clock::time_point latest = lane::never);
  [[nodiscard]] stop_reason after_wait(lane_name who, asio::cancellation_state state);

  // A verb that is done at once, or a part of a long one, asks whether it wants a pause: then others may run
  // first.
  [[nodiscard]] bool wants_pause(lane_name who) noexcept;
  [[nodiscard]] asio::awaitable<stop_reason> pause(lane_name who);

 private:
  [[nodiscard]] stop_reason stopped(lane_name who);
  void set_alarm(lane_name who);
  void alarm_rings(lane_name who);

  // For verbs that are given no deadline: a point in time, or a duration for each, which goes first.
  struct own_deadline {
    lane::clock::time_point point = lane::never;
    lane::clock::duration each = lane::clock::duration::max();
  };

  static constexpr bool is_rare(lane_name who) noexcept { return who > lane_name::write; }
  [[nodiscard]] std::unique_ptr<lane>& rare(lane_name who) noexcept {
    return rare_[static_cast<std::size_t>(who) - lanes_.size()];
  }

  loop_socket io_;
  int family_;
  std::array<lane, 2> lanes_;                  // of the reader and the writer
  std::array<std::unique_ptr<lane>, 2> rare_;  // of a handshake and a close, while they run
  std::array<own_deadline, 2> own_;            // of the read lane and the write lane
  std::unique_ptr<early_options> early_;       // null: there is none
  bool closed_ = false;
  bool read_shut_ = false;
};

STLS_NAMESPACE_END
