// system_failure: what a system call on a socket answered, as an error.
#pragma once

#include "base/fail.hpp"
#include "base/text.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string_view>
#include <system_error>

STLS_NAMESPACE_BEGIN

// The code is the std::errc of that number; the sentence begins with the verb.
[[nodiscard]] inline error system_failure(std::string_view verb, int number) {
  error e;
  e.code = std::error_code(number, std::generic_category());
  e.native = number;
  e.message = cat({verb, ": ", e.code.message()});
  return e;
}

STLS_NAMESPACE_END
