// What each function of the C API does alike: nothing is thrown to C, errno is 0 afterwards, and what went
// wrong is kept as a sentence.
#pragma once

#include "base/fail.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace capi {

// complaint is what tls_error and tls_config_error give.
class complaint {
 public:
  [[nodiscard]] const char* text() const noexcept { return given_ ? why_.message.c_str() : nullptr; }

  // code is what tls_error_code and tls_config_error_code tell apart; zero where there is no complaint.
  [[nodiscard]] std::error_code code() const noexcept { return given_ ? why_.code : std::error_code(); }

  // say keeps what is wrong, and gives what the function returns then.
  int say(error why) noexcept {
    why_ = std::move(why);
    given_ = true;
    return -1;
  }
  void clear() noexcept { given_ = false; }

 private:
  error why_;
  bool given_ = false;
};

// libtls leaves 0, so that nobody takes an errno of some inner call for the reason.
struct errno_cleared {
  errno_cleared() = default;
  errno_cleared(const errno_cleared&) = delete;
  errno_cleared& operator=(const errno_cleared&) = delete;
  ~errno_cleared() { errno = 0; }
};

// entry runs the body of a function that may fail; it returns an int or a ssize_t. The object is the context
// or the config, and has the complaint; without one there is nobody to complain to.
template <class Object, class Body>
auto entry(Object* object, Body&& body) noexcept -> decltype(body()) {
  const errno_cleared at_end;
  if (object == nullptr) return -1;
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return object->error.say({errc::out_of_memory, out_of_memory});
  } catch (...) {
    return object->error.say({errc::internal, "internal error"});
  }
}

// query runs a body that gives a value, or the fallback where it cannot.
template <class Value, class Body>
Value query(Value fallback, Body&& body) noexcept {
  const errno_cleared at_end;
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return fallback;
  }
}

}  // namespace capi

STLS_NAMESPACE_END
