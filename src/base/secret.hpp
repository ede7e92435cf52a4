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

// wiped wipes what others own when it goes out of scope, however that is left.
class wiped {
 public:
  explicit wiped(std::span<std::byte> content) noexcept : content_(content) {}
  wiped(const wiped&) = delete;
  wiped& operator=(const wiped&) = delete;
  ~wiped() { wipe(content_); }

 private:
  std::span<std::byte> content_;
};

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
