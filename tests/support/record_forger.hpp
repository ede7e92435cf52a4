// record_forger: records of a connection of TLS 1.2 as one of its ends would make them, with anything in
// them.
#pragma once

#include "support/bytes.hpp"

#include <stls/role.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stls::test {

// The only cipher that is forged for, with either kind of certificate.
inline constexpr const char* forged_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256,ECDHE-RSA-AES128-GCM-SHA256";

// record_forger speaks for an end that has said nothing since its Finished, and says nothing more itself.
class record_forger {
 public:
  // `key_line` is the line of the key log, `server_flight` what the server sent, `end` whom this speaks for.
  record_forger(std::string_view key_line, std::span<const std::byte> server_flight, role end);

  // forge makes the next record, of that type (as `record` in flight.hpp).
  bytes forge(std::uint8_t type, std::span<const std::byte> content);

 private:
  bytes key_;
  bytes salt_;
  std::uint64_t sequence_ = 1;  // Finished had 0
};

}  // namespace stls::test
