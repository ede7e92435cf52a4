// A BIO over the wire: libssl's view of user-provided I/O.
#pragma once

#include "engine/libssl/openssl.hpp"
#include "engine/wire.hpp"

#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

// new_wire_bio makes a BIO that reads and writes a wire, which must outlive it. Null: out of memory.
[[nodiscard]] bio_ptr new_wire_bio(wire&) noexcept;

STLS_NAMESPACE_END
