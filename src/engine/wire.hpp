// The transport as an engine sees it: each answer of a callback is checked once, here, for all engines.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <optional>
#include <span>

STLS_NAMESPACE_BEGIN

// wire lends an engine the transport of the current call, and remembers how its callbacks answered.
class wire {
 public:
  // attach begins a call of the engine: what callbacks wanted in an earlier one is forgotten.
  void attach(transport t) noexcept {
    transport_ = t;
    read_want_.reset();
    write_want_.reset();
  }

  // pull and push call the callbacks. A breach of their contract is io_status::error, and failure() says which.
  // After a failure the transport is not used again.
  io_result pull(std::span<std::byte> into) noexcept;
  io_result push(std::span<const std::byte> from) noexcept;

  // The want that the read (write) callback answered in this call, if that was its last answer.
  [[nodiscard]] std::optional<io_status> read_want() const noexcept { return read_want_; }
  [[nodiscard]] std::optional<io_status> write_want() const noexcept { return write_want_; }
  // has_wanted: the transport has answered a want to a read at some time, so it does not block.
  [[nodiscard]] bool has_wanted() const noexcept { return has_wanted_; }
  // refused is what push last offered in vain, if write_want() is there.
  [[nodiscard]] std::span<const std::byte> refused() const noexcept { return refused_; }
  [[nodiscard]] bool at_eof() const noexcept { return eof_; }
  [[nodiscard]] bool failed() const noexcept { return failure_ != failure_kind::none; }
  [[nodiscard]] error failure() const;

 private:
  enum class failure_kind : unsigned char { none, missing, failed, too_much, zero, bytes_with_status, eof_on_write };

  io_result checked(io_result answer, std::size_t offered) noexcept;
  io_result broken(failure_kind, io_result answer, std::size_t offered) noexcept;

  transport transport_;
  std::optional<io_status> read_want_;
  std::optional<io_status> write_want_;
  std::span<const std::byte> refused_;
  bool has_wanted_ = false;
  bool eof_ = false;
  bool writing_ = false;  // which callback answered last
  failure_kind failure_ = failure_kind::none;
  int errno_ = 0;
  io_result answer_;  // the one that failed
  std::size_t offered_ = 0;
};

STLS_NAMESPACE_END
