// What stands on the wire in the clear: records, hellos, alerts (RFC 8446 sections 4.1 and 5.1).
#pragma once

#include "support/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stls::test {

struct record {
  std::uint8_t type = 0;  // 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data
  std::uint16_t version = 0;
  bytes content;
};

// records cuts a flight; an unfinished record at the end is left out.
std::vector<record> records(std::span<const std::byte> flight);
bytes to_wire(const record&);

// hello is a ClientHello, or a ServerHello with one cipher and one compression method.
struct hello {
  std::uint16_t version = 0;
  bytes random;
  bytes session_id;
  std::vector<std::uint16_t> ciphers;
  bytes compressions;
  std::map<std::uint16_t, bytes> extensions;

  [[nodiscard]] std::optional<std::string> servername() const;
  [[nodiscard]] std::vector<std::string> alpn() const;
  [[nodiscard]] std::vector<std::uint16_t> groups() const;
  [[nodiscard]] std::vector<std::uint16_t> signature_algorithms() const;
  [[nodiscard]] std::vector<std::uint16_t> versions() const;  // of a client's supported_versions
};

std::optional<hello> client_hello(std::span<const std::byte> flight);
std::optional<hello> server_hello(std::span<const std::byte> flight);
// to_wire makes a ClientHello in one record.
bytes to_wire(const hello& from_client);

struct plain_alert {
  int level = 0;
  int description = 0;
  friend bool operator==(const plain_alert&, const plain_alert&) = default;
};
// plain_alerts finds the alerts that are not encrypted; in a flight of a failed handshake that is all of
// them.
std::vector<plain_alert> plain_alerts(std::span<const std::byte> flight);

}  // namespace stls::test
