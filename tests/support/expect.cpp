#include "support/expect.hpp"

#include <algorithm>
#include <ostream>

STLS_NAMESPACE_BEGIN

void PrintTo(const io_result& r, std::ostream* out) { *out << test::to_string(r); }
void PrintTo(const error& e, std::ostream* out) { *out << e.code << " `" << e.message << '`'; }
void PrintTo(errc code, std::ostream* out) { *out << make_error_code(code).message(); }

STLS_NAMESPACE_END

namespace stls::test {

std::string to_string(io_result r) {
  std::string_view status = "unknown status";
  switch (r.status) {
    case io_status::ok:
      status = "ok";
      break;
    case io_status::eof:
      status = "eof";
      break;
    case io_status::want_read:
      status = "want_read";
      break;
    case io_status::want_write:
      status = "want_write";
      break;
    case io_status::error:
      status = "error";
      break;
  }
  return "{" + std::to_string(r.bytes) + ", " + std::string(status) + "}";
}

::testing::AssertionResult is_error(const error& e, std::error_code code) {
  if (e.code != code) {
    return ::testing::AssertionFailure() << "the error is " << e.code << " (" << e.code.message() << ") `"
                                         << e.message << "`, not " << code << " (" << code.message() << ")";
  }
  return has_style(e);
}

::testing::AssertionResult is_error(const error& e, std::error_code code, std::string_view sentence) {
  if (auto verdict = is_error(e, code); !verdict) return verdict;
  if (e.message == sentence) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "the sentence is\n  " << e.message << "\ninstead of\n  " << sentence;
}

::testing::AssertionResult has_style(const error& e) {
  const auto& text = e.message;
  if (text.empty()) return ::testing::AssertionFailure() << "the error has no sentence";
  if (text.ends_with('.')) return ::testing::AssertionFailure() << "the sentence has a full stop: " << text;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return ::testing::AssertionFailure() << "the sentence is not printable ASCII in one line: " << text;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace stls::test
