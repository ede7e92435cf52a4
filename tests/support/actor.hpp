// actor and drive: two ends of a connection played against each other in one thread.
#pragma once

#include "support/bytes.hpp"

#include <stls/error.hpp>
#include <stls/io.hpp>

#include <concepts>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace stls::test {

// What can be played: tls_end and raw_peer.
template <class T>
concept playable = requires(T& end, std::span<std::byte> into, std::span<const std::byte> from) {
  { end.handshake() } -> std::same_as<io_result>;
  { end.recv(into) } -> std::same_as<io_result>;
  { end.send(from) } -> std::same_as<io_result>;
  { end.shutdown() } -> std::same_as<io_result>;
  { end.close() } -> std::same_as<io_result>;
  { end.failure() } -> std::convertible_to<error>;
  { end.moved() } -> std::convertible_to<std::size_t>;
  end.settle();
  end.hang_up();
};

// actor is a list of steps that one end shall do, each repeated until it does not want any more:
//
//   actor a(client), b(server);
//   a.handshake().send(request).recv_end();
//   b.handshake().recv(request.size()).close();
//   drive(a, b);
//
// A step that fails, or finds the end of the stream too early, stops the actor, and the wire is hung up, as a
// program would do.
class actor {
 public:
  template <playable End>
  explicit actor(End& end)
      : handshake_([&end] { return end.handshake(); }),
        recv_([&end](std::span<std::byte> into) { return end.recv(into); }),
        send_([&end](std::span<const std::byte> from) { return end.send(from); }),
        shutdown_([&end] { return end.shutdown(); }),
        close_([&end] { return end.close(); }),
        why_([&end] { return error(end.failure()); }),
        moved_([&end] { return end.moved(); }),
        settle_([&end] { end.settle(); }),
        hang_up_([&end] { end.hang_up(); }) {}
  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;

  actor& handshake();
  actor& send(bytes data);                     // all of it
  actor& recv(std::size_t n);                  // exactly n bytes, into `received`
  actor& exchange(bytes data, std::size_t n);  // both at the same time
  actor& recv_end();                           // all until eof, into `received`
  actor& shutdown();
  actor& close();
  actor& hang_up();                                                 // closes the wire without a word
  actor& then(std::string label, std::function<io_result()> call);  // ok is done, a want is repeated
  actor& call(std::string label, std::function<void()> now);

  // turn does what can be done of the current step once. It says whether something came of it.
  bool turn();
  [[nodiscard]] bool resting() const noexcept { return stopped_ || steps_.empty(); }
  [[nodiscard]] bool done() const noexcept { return !stopped_ && steps_.empty(); }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] std::string story() const;

  bytes received;
  io_result last;  // the answer to the last call
  error failure;   // why it stopped, if the answer was an error; its code is zero otherwise
  std::string at;  // the step it stopped at, or is at
  std::size_t piece = std::size_t{32} << 10;  // how much recv and send offer at once

 private:
  struct step {
    std::string label;
    std::function<std::optional<io_result>(bool& progress)> run;  // nothing: once more
  };
  actor& add(std::string label, std::function<std::optional<io_result>(bool&)> run);
  std::optional<io_result> send_some(std::span<const std::byte> data, std::size_t& sent, bool& progress);
  std::optional<io_result> recv_some(std::size_t limit, std::size_t& got, bool& progress);

  std::function<io_result()> handshake_;
  std::function<io_result(std::span<std::byte>)> recv_;
  std::function<io_result(std::span<const std::byte>)> send_;
  std::function<io_result()> shutdown_;
  std::function<io_result()> close_;
  std::function<error()> why_;
  std::function<std::size_t()> moved_;
  std::function<void()> settle_;
  std::function<void()> hang_up_;

  std::deque<step> steps_;
  std::size_t seen_moved_ = 0;
  bool stopped_ = false;
};

enum class outcome { finished, stuck, too_long };

// drive plays both until they rest (finished), or nothing moves any more (stuck). Nothing can hang.
outcome drive(actor& a, actor& b, std::size_t turns = 50'000'000);
// The same for one actor, whose peer does not act.
outcome drive(actor& a, std::size_t turns = 1'000'000);

// play drives both, and fails the test if one does not do all its steps.
void play(actor& a, actor& b);

}  // namespace stls::test
