#include "engine/bearssl/record_buffers.hpp"

#include "base/secret.hpp"
#include "engine/bearssl/octets.hpp"

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::size_t in_size = BR_SSL_BUFSIZE_INPUT;
constexpr std::size_t out_size = BR_SSL_BUFSIZE_OUTPUT;
constexpr std::size_t ahead_size = BR_SSL_BUFSIZE_INPUT;

}  // namespace

void record_buffers::allocate(br_ssl_engine_context& connection) {
  const auto make = [](std::size_t size) {
    return std::make_unique_for_overwrite<unsigned char[]>(size);  // NOLINT(modernize-avoid-c-arrays)
  };
  memory in = make(in_size);
  memory out = make(out_size);
  if (reads_ahead_) ahead_ = make(ahead_size);
  in_ = std::move(in);
  out_ = std::move(out);
  if (connection.ibuf == nullptr) {
    br_ssl_engine_set_buffers_bidi(&connection, in_.get(), in_size, out_.get(), out_size);
  } else {
    connection.ibuf = in_.get();
    connection.obuf = out_.get();
  }
}

bool record_buffers::release(const br_ssl_engine_context& connection) noexcept {
  // Of the next record not a byte is there, and of the last one nothing is left; none is being sent or
  // filled.
  const bool empty = connection.ixa == 0 && connection.ixb == 0 && connection.oxa == connection.oxc &&
                     connection.oxa != connection.oxb && unread_.empty();
  if (empty) free();
  return empty;
}

void record_buffers::free() noexcept {
  if (in_) wipe(octets(in_.get(), in_size));
  if (out_) wipe(octets(out_.get(), out_size));
  in_.reset();
  out_.reset();
  ahead_.reset();  // what came over the wire is no secret
}

io_result record_buffers::read_ahead(wire& from) noexcept {
  const auto all = octets(ahead_.get(), ahead_size);
  const io_result r = from.pull(all);
  if (r.ok()) unread_ = all.first(r.bytes);
  return r;
}

STLS_NAMESPACE_END
