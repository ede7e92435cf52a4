// Memory that held a secret is wiped before it is given back.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// wipe overwrites with zeros in a way that the compiler may not leave out.
void wipe(std::span<std::byte>) noexcept;
void wipe(std::string&) noexcept;  // its whole capacity; the string is empty afterwards

// secret is a string that wipes itself. It has no operator<<.
class secret {
 public:
  secret() noexcept = default;
  explicit secret(std::string_view content);
  secret(const secret&);
  secret(secret&&) noexcept;
  secret& operator=(const secret&);
  secret& operator=(secret&&) noexcept;
  ~secret();

  [[nodiscard]] std::string_view view() const noexcept { return content_; }
  [[nodiscard]] bool empty() const noexcept { return content_.empty(); }
  void clear() noexcept { wipe(content_); }

 private:
  std::string content_;
};

STLS_NAMESPACE_END
