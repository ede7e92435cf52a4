// empty_handle: what the verbs of a socket, or of another handle, answer that is default-constructed or moved
// from.
#pragma once

#include "base/fail.hpp"
#include "base/text.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/task.hpp>

#include <string_view>

STLS_NAMESPACE_BEGIN

[[nodiscard]] inline tl::unexpected<error> empty_handle(std::string_view verb,
                                                        std::string_view handle = "socket") {
  return fail(errc::invalid_state,
              cat({verb, ": the ", handle, " is empty: default-constructed, or moved from"}));
}

// The same, of a verb that is awaited. The words are literals.
template <class T>
task<T> empty_task(std::string_view verb, std::string_view handle = "socket") {
  co_return empty_handle(verb, handle);
}

STLS_NAMESPACE_END
