// The option on_warning.
#pragma once

#include <stls/export.hpp>
#include <stls/options.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

STLS_NAMESPACE_BEGIN

// warning_sink hands warnings to the application, each code at most once a minute. It may be used from any
// thread.
class warning_sink {
 public:
  explicit warning_sink(std::function<void(const warning&)> receiver) : receiver_(std::move(receiver)) {}

  // warn must not be called inside a transport's callback. Exceptions of the receiver go no further. `code`
  // is literal text.
  void warn(warning::severity level, std::string_view code, std::string message) noexcept;

 private:
  std::function<void(const warning&)> receiver_;
  std::mutex mutex_;
  std::map<std::string_view, std::chrono::system_clock::time_point> last_;
};

STLS_NAMESPACE_END
