// How gtest shows and compares the results of stls.
#pragma once

#include <stls/error.hpp>
#include <stls/io.hpp>

#include <gtest/gtest.h>

#include <iosfwd>
#include <string>
#include <string_view>
#include <system_error>

STLS_NAMESPACE_BEGIN
void PrintTo(const io_result&, std::ostream*);
void PrintTo(const error&, std::ostream*);
void PrintTo(errc, std::ostream*);
STLS_NAMESPACE_END

namespace stls::test {

std::string to_string(io_result);

// The results that tests compare with.
inline constexpr io_result want_read{0, io_status::want_read};
inline constexpr io_result want_write{0, io_status::want_write};
inline constexpr io_result at_eof{0, io_status::eof};
inline constexpr io_result failed{0, io_status::error};
inline constexpr io_result done{0, io_status::ok};

// is_error holds if the error has this code and, where one is given, exactly this sentence.
::testing::AssertionResult is_error(const error&, std::error_code);
::testing::AssertionResult is_error(const error&, std::error_code, std::string_view sentence);

// has_style holds for a sentence as stls writes them: one line, printable ASCII, no full stop.
::testing::AssertionResult has_style(const error&);

template <class T>
::testing::AssertionResult succeeded(const result<T>& r) {
  if (r) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "error: " << r.error().message;
}

template <class T>
::testing::AssertionResult is_error(const result<T>& r, std::error_code code) {
  if (r) return ::testing::AssertionFailure() << "it succeeded";
  return is_error(r.error(), code);
}

template <class T>
::testing::AssertionResult is_error(const result<T>& r, std::error_code code, std::string_view sentence) {
  if (r) return ::testing::AssertionFailure() << "it succeeded";
  return is_error(r.error(), code, sentence);
}

}  // namespace stls::test
