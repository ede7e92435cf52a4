// buffering: how a connection treats its input buffer.
#pragma once

#include <stls/export.hpp>

#include <cstdint>

STLS_NAMESPACE_BEGIN

// buffering is what a transport and its caller can live with.
enum class buffering : std::uint8_t {
  exact,      // never takes more from the transport than the record at hand: for callers that poll first
  ahead,      // takes what is offered: fewer calls; the caller receives until a want
  transient,  // ahead, and gives buffers back whenever it waits: an idle connection is small, and the
              // callbacks may be offered other memory after a want than before
};

STLS_NAMESPACE_END
