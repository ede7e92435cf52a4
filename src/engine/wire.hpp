// The transport as an engine sees it: each answer of a callback is checked once, here, for all engines.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

// wire lends an engine the transport of the current call, and remembers how its callbacks answered.
class wire {
 public:
  // attach begins a call of the engine: what callbacks wanted in an earlier one is forgotten.
  void attach(transport t) noexcept {
    transport_ = t;
    read_.want.reset();
    write_.want.reset();
  }

  // pull and push call the callbacks. A breach of their contract is io_status::error, and failure() says
  // which. A callback that has failed is not called again. The other one is: what a peer sent before it
  // closed can be read although nothing can be written to it any more.
  io_result pull(std::span<std::byte> into) noexcept;
  io_result push(std::span<const std::byte> from) noexcept;

  // The want that the read (write) callback answered in this call, if that was its last answer.
  [[nodiscard]] std::optional<io_status> read_want() const noexcept { return read_.want; }
  [[nodiscard]] std::optional<io_status> write_want() const noexcept { return write_.want; }
  // has_wanted: the transport has answered a want to a read at some time, so it does not block.
  [[nodiscard]] bool has_wanted() const noexcept { return has_wanted_; }
  // waits: a callback's last answer, in whichever call, was a want. It may hold on to what it was offered.
  [[nodiscard]] bool waits() const noexcept { return read_.waits || write_.waits; }
  // refused is what push last offered in vain, if write_want() is there.
  [[nodiscard]] std::span<const std::byte> refused() const noexcept { return refused_; }
  [[nodiscard]] bool at_eof() const noexcept { return eof_; }
  [[nodiscard]] bool failed() const noexcept { return read_.failed() || write_.failed(); }
  [[nodiscard]] error failure() const;

 private:
  enum class failure_kind : unsigned char {
    none,
    missing,
    failed,
    too_much,
    zero,
    bytes_with_status,
    eof_on_write
  };

  // What is known of one callback.
  struct direction {
    std::optional<io_status> want;  // of this call
    bool waits = false;
    failure_kind failure = failure_kind::none;
    int error_number = 0;  // the rest is of the answer that failed
    std::size_t answered = 0;
    std::size_t offered = 0;

    [[nodiscard]] bool failed() const noexcept { return failure != failure_kind::none; }
    io_result checked(io_result r, std::size_t size) noexcept {
      if (r.status != io_status::ok || r.bytes == 0 || r.bytes > size) return judged(r, size);
      want.reset();
      waits = false;
      return r;
    }
    io_result judged(io_result, std::size_t size) noexcept;  // what is not simply good
    io_result broken(failure_kind, io_result, std::size_t size) noexcept;
    [[nodiscard]] error explain(std::string_view callback) const;
  };

  transport transport_;
  direction read_;
  direction write_;
  std::span<const std::byte> refused_;
  bool has_wanted_ = false;
  bool eof_ = false;
};

STLS_NAMESPACE_END
