// The keys of session tickets as engines use them.
#pragma once

#include "base/secret.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/keyring.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

inline constexpr std::size_t ticket_key_size = 48;
inline constexpr std::size_t ticket_name_size = 16;

// sealing_key is a copy of a key, to be used at once.
struct sealing_key {
  std::array<std::byte, ticket_name_size> name{};  // keyrev in network order, and zeros
  secret key;                                      // AES-256, then HMAC-SHA256

  [[nodiscard]] std::string_view aes() const noexcept { return key.view().substr(0, 32); }
  [[nodiscard]] std::string_view hmac() const noexcept { return key.view().substr(32); }
};

class keyring::body {
 public:
  static constexpr std::size_t most = 4;  // keys

  // An automatic ring makes its own random keys: one when it is first asked, and another each half lifetime.
  enum class kind : std::uint8_t { given, automatic };
  explicit body(kind k) noexcept : kind_(k) {}

  result<void> add(const ticket_key&);

  // to_seal gives the newest key; nothing if there is none that still works.
  [[nodiscard]] std::optional<sealing_key> to_seal(std::chrono::seconds lifetime);
  // to_open gives the key of that name if it still works. `newest`: it is also the one that seals.
  struct opening_key {
    sealing_key key;
    bool newest = false;
  };
  [[nodiscard]] std::optional<opening_key> to_open(std::span<const std::byte> name,
                                                   std::chrono::seconds lifetime);

  [[nodiscard]] bool automatic() const noexcept { return kind_ == kind::automatic; }
  // adopt takes over what another ring can open, behind its own keys: for servers that get a new config.
  void adopt(const body& other);

 private:
  struct entry {
    std::uint32_t keyrev = 0;
    secret key;
    std::chrono::system_clock::time_point added;
  };

  result<void> insert(std::uint32_t keyrev, secret key);  // under the lock
  bool rotate(std::chrono::seconds lifetime);             // under the lock
  [[nodiscard]] static bool works(const entry&, std::chrono::seconds lifetime);

  const kind kind_;
  mutable std::mutex mutex_;
  std::vector<entry> keys_;  // the newest last
};

// parse_ticket_keys reads the option.
[[nodiscard]] result<keyring> parse_ticket_keys(const ticket_key_source&);

STLS_NAMESPACE_END
