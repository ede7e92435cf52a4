// dribble: a transport around a transport that moves bytes in every inconvenient way, and checks rule 4.
#pragma once

#include "support/bytes.hpp"

#include <stls/io.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace stls::test {

// pace is how a dribble moves bytes.
enum class pace : std::uint8_t {
  plain,          // as the transport inside does
  single_bytes,   // one byte a call
  want_first,     // each call is answered with its want before it is served
  random_splits,  // sometimes a want, and never more than a random number of bytes
  capture,        // keeps the pointer, answers the want, and moves the bytes between the calls
};
inline constexpr std::array paces = {pace::plain, pace::single_bytes, pace::want_first, pace::random_splits,
                                     pace::capture};
std::string_view name_of(pace) noexcept;

// dribble fails the test if a callback is not offered, after a want, the same pointer, no smaller size and,
// in writing, the same bytes.
class dribble {
 public:
  dribble(std::string owner, transport inner, pace);

  io_result read(std::span<std::byte> into);
  io_result write(std::span<const std::byte> from);

  // settle moves the bytes of captured buffers; between two calls of the connection. Without capture it does
  // nothing.
  void settle();

  // allow_other_memory gives up the check of rule 4, for buffering::transient.
  void allow_other_memory() noexcept { rule_4_ = false; }

  // forget says that the connection is gone, and what it offered with it.
  void forget() noexcept;

  // How often a callback answered this want.
  [[nodiscard]] std::size_t wants(io_status) const noexcept;
  [[nodiscard]] std::size_t calls() const noexcept { return calls_; }
  // Bytes moved in both directions.
  [[nodiscard]] std::size_t moved() const noexcept { return moved_; }
  // Whether a callback's last answer in either direction was a want.
  [[nodiscard]] bool waiting() const noexcept { return reading_.pending || writing_.pending; }

 private:
  // offer is what stls offered to one callback when that answered a want.
  struct offer {
    bool pending = false;
    const std::byte* data = nullptr;
    std::size_t size = 0;
    bytes content;                    // of writes
    bool serve = false;               // want_first: the next call is served
    std::optional<io_result> filled;  // capture: what happened between the calls
    int error_number = 0;             // and errno after it
  };

  template <class Span, class Move>
  io_result step(offer&, Span, io_status want, Move move);
  template <class Span>
  void check(const offer&, Span, std::string_view what) const;
  io_result count(io_result) noexcept;
  void fill(offer&, io_result) noexcept;

  std::string owner_;
  transport inner_;
  pace pace_;
  std::mt19937_64 dice_;
  bool rule_4_ = true;
  offer reading_;
  offer writing_;
  std::size_t calls_ = 0;
  std::size_t moved_ = 0;
  std::size_t want_reads_ = 0;
  std::size_t want_writes_ = 0;
};

}  // namespace stls::test
