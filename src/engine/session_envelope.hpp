// The exported form of a session: what every engine writes around its own bytes.
#pragma once

#include "base/pem.hpp"
#include "engine/session_identity.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

// session_owner is whose a session is: it is resumed by the same one only.
struct session_owner {
  std::string_view engine;  // the provider's name
  const settings_identity& identity;
  std::string_view servername;
};

// wrap gives a magic word, the owner, until when the session is good, and the engine's own bytes. What they
// hold is secret.
[[nodiscard]] bytes wrap(const session_owner&, std::chrono::sys_seconds good_until,
                         std::span<const std::byte> inside);

// unwrapped is what was inside of an exported session: a view of the engine's own bytes.
struct unwrapped {
  std::span<const std::byte> inside;
  std::chrono::sys_seconds good_until;
};

// unwrap gives nothing of a session that is too old. Errors (invalid_argument): not an exported session; of
// another engine; of another server; made with other settings.
[[nodiscard]] result<std::optional<unwrapped>> unwrap(std::span<const std::byte> exported,
                                                      const session_owner&);

// session_reader walks the fields of exported bytes, which may come from anywhere.
class session_reader {
 public:
  explicit session_reader(std::span<const std::byte> bytes_of_it) noexcept : left_(bytes_of_it) {}

  [[nodiscard]] std::optional<std::span<const std::byte>> take(std::uint64_t n) noexcept;
  [[nodiscard]] std::optional<std::uint64_t> number() noexcept;
  // block is a number, and as many bytes.
  [[nodiscard]] std::optional<std::span<const std::byte>> block() noexcept;
  [[nodiscard]] std::span<const std::byte> left() const noexcept { return left_; }

 private:
  std::span<const std::byte> left_;
};

// The inverse: 8 bytes, the highest first; a number, and as many bytes.
void put_number(bytes& into, std::uint64_t number);
void put_block(bytes& into, std::span<const std::byte> block);

// The error of bytes that cannot be one.
[[nodiscard]] tl::unexpected<error> not_a_session();

// longest_session is what bounds the life of any session (RFC 8446 section 4.6.1).
inline constexpr std::chrono::seconds longest_session = std::chrono::hours(24 * 7);

STLS_NAMESPACE_END
