// setup: clients and servers that are made once in the process.
#pragma once

#include "kit/input.hpp"

#include <stls/connection.hpp>
#include <stls/error.hpp>
#include <stls/io.hpp>

#include <cstdint>
#include <span>

namespace stls::fuzz {

// setup is a client and a server that get along with each other, and verify each other by the tests' PKI.
class setup {
 public:
  // The bits of a byte: TLS 1.2 instead of 1.3; the client has a certificate, which the server wants; the
  // client brings a session.
  static constexpr std::uint8_t tls1_2 = 1;
  static constexpr std::uint8_t client_certificate = 2;
  static constexpr std::uint8_t resumed = 4;
  [[nodiscard]] static const setup& chosen_by(std::uint8_t bits);

  explicit setup(std::uint8_t bits);

  [[nodiscard]] result<connection> connect(transport) const;
  [[nodiscard]] result<connection> connect(transport, std::span<const std::byte> session) const;
  [[nodiscard]] result<connection> accept(transport) const;
  // One that the server will resume.
  [[nodiscard]] const bytes& session() const noexcept { return session_; }

 private:
  client client_;         // forgets sessions, since no input must depend on those before it
  client with_sessions_;  // exports and imports them
  server server_;
  bytes session_;
  bool resumes_ = false;
};

}  // namespace stls::fuzz
