// The one table of certificates, chains and keys that a peer may show, and what stls must make of each.
#pragma once

#include <stls/error.hpp>
#include <stls/role.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace stls::test {

enum class shown_by : std::uint8_t { anybody, server, client };
enum class shown_in : std::uint8_t { any_version, tls1_3 };

// verdict is what becomes of the connection. Without a code it is good, and data is exchanged.
struct verdict {
  errc code{};
  std::string sentence{};
  std::string alert{};  // the one that the peer receives, by RFC 8446's name
};

struct certificate_case {
  std::string certificate;  // of a pair of the PKI: tests/pki/README.md says what is wrong with each
  std::string what{};       // for the test's name; empty: the certificate
  shown_by by = shown_by::anybody;
  verdict expected{};
  std::string servername = "localhost";
  std::string ca = "ca.pem";
  std::string crl{};
  int verify_depth = 6;  // the default
  std::string key_of{};  // the pair whose key signs, if not the certificate's
  shown_in version = shown_in::any_version;

  [[nodiscard]] std::string name() const;  // for a test: ca_false
  // Whether a peer of stls's `end` can show it.
  [[nodiscard]] bool concerns(role end, bool tls1_3) const noexcept;
};
void PrintTo(const certificate_case&, std::ostream*);

const std::vector<certificate_case>& certificate_cases();

}  // namespace stls::test
