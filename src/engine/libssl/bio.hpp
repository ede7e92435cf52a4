// A BIO over the wire: libssl's view of user-provided I/O.
#pragma once

#include "engine/libssl/openssl.hpp"
#include "engine/wire.hpp"

#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// bio_end is what a BIO knows: the wire that it reads and writes, and the connection that it does it for.
class bio_end {
 public:
  [[nodiscard]] wire& io() noexcept { return wire_; }
  [[nodiscard]] const SSL* connection() const noexcept { return ssl_.get(); }

 protected:
  wire wire_;
  ssl_ptr ssl_;
};

// end_of gives the end that a connection reads by.
[[nodiscard]] inline bio_end& end_of(const SSL* ssl) noexcept {
  return *static_cast<bio_end*>(BIO_get_data(SSL_get_rbio(ssl)));
}

// new_wire_bio makes a BIO of an end, which must outlive it. Null: out of memory.
[[nodiscard]] bio_ptr new_wire_bio(bio_end&) noexcept;

STLS_NAMESPACE_END
