// The memory for records: most of what a connection of BearSSL weighs.
#pragma once

#include "engine/wire.hpp"

#include <bearssl.h>
#include <stls/engine.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

STLS_NAMESPACE_BEGIN

// record_buffers holds a record in each direction, and what was read ahead of the record at hand. It can give
// its memory back while nothing is in it. BearSSL has no call for that; it keeps its place in a buffer as a
// distance from the start, so that another buffer can be put there. All is wiped before it goes.
class record_buffers {
 public:
  explicit record_buffers(buffering how) noexcept : reads_ahead_(how != buffering::exact) {}
  record_buffers(const record_buffers&) = delete;
  record_buffers& operator=(const record_buffers&) = delete;
  ~record_buffers() { free(); }

  // allocate gives the connection its buffers, the first time or again. Throws std::bad_alloc.
  void allocate(br_ssl_engine_context&);
  [[nodiscard]] bool allocated() const noexcept { return in_ != nullptr; }
  // release takes them away; false: there are bytes in one of them.
  bool release(const br_ssl_engine_context&) noexcept;

  // pull reads into a part of a record, from what was read ahead or from the wire.
  io_result pull(wire& from, std::span<std::byte> into) noexcept {
    if (unread_.empty()) {
      if (!reads_ahead_) return from.pull(into);
      if (const io_result r = read_ahead(from); !r.ok()) return r;
    }
    const std::size_t n = std::min(into.size(), unread_.size());
    std::memcpy(into.data(), unread_.data(), n);
    unread_ = unread_.subspan(n);
    return {n, io_status::ok};
  }
  // has_unread: the next pull does not ask the wire.
  [[nodiscard]] bool has_unread() const noexcept { return !unread_.empty(); }

 private:
  using memory = std::unique_ptr<unsigned char[]>;  // NOLINT(modernize-avoid-c-arrays): not zeroed first
  io_result read_ahead(wire&) noexcept;
  void free() noexcept;

  memory in_;
  memory out_;
  memory ahead_;
  std::span<std::byte> unread_;  // of ahead_
  bool reads_ahead_;
};

STLS_NAMESPACE_END
