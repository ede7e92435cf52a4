// What each function of the C API does alike: nothing is thrown to C, errno is 0 afterwards, and what went
// wrong is kept as a sentence.
#pragma once

#include "base/fail.hpp"

#include <stls/export.hpp>

#include <cerrno>
#include <new>
#include <string>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace capi {

// complaint is what tls_error and tls_config_error give.
class complaint {
 public:
  [[nodiscard]] const char* text() const noexcept { return given_ ? sentence_.c_str() : nullptr; }

  // say keeps a sentence, and gives what the function returns then.
  int say(std::string sentence) noexcept {
    sentence_ = std::move(sentence);
    given_ = true;
    return -1;
  }
  void clear() noexcept { given_ = false; }

 private:
  std::string sentence_;
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
    return object->error.say(out_of_memory);
  } catch (...) {
    return object->error.say("internal error");
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
