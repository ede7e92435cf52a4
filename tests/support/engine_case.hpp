// engine_case: what each behaviour is tested over. A new engine joins by being in stls::providers().
#pragma once

#include <stls/config.hpp>
#include <stls/engine.hpp>
#include <stls/options.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace stls::test {

enum class tls_version : std::uint8_t { tls1_2, tls1_3 };

struct engine_case {
  const provider* client = nullptr;
  const provider* server = nullptr;
  tls_version version = tls_version::tls1_3;

  [[nodiscard]] bool tls1_3() const noexcept { return version == tls_version::tls1_3; }
  [[nodiscard]] std::string protocols() const { return tls1_3() ? "tlsv1.3" : "tlsv1.2"; }
  [[nodiscard]] std::string version_name() const { return tls1_3() ? "TLSv1.3" : "TLSv1.2"; }
  [[nodiscard]] std::string name() const;  // libssl_libssl_tls13

  // Options of this case: the engine and the version, trust in ca.pem, and for the server the certificate of
  // that name.
  [[nodiscard]] options client_options() const;
  [[nodiscard]] options server_options(const std::string& certificate = "server") const;
};
void PrintTo(const engine_case&, std::ostream*);

// engine_cases gives each client engine with each server engine, in each version that both have.
std::vector<engine_case> engine_cases();
// ocsp_cases gives those of them where both can staple. What the others say is tested where the options are.
std::vector<engine_case> ocsp_cases();
std::string case_name(const ::testing::TestParamInfo<engine_case>&);

// end_case: for tests of one end against a raw peer, or of one role.
struct end_case {
  const provider* engine = nullptr;
  role end = role::client;
  tls_version version = tls_version::tls1_3;

  [[nodiscard]] bool tls1_3() const noexcept { return version == tls_version::tls1_3; }
  [[nodiscard]] bool is_client() const noexcept { return end == role::client; }
  [[nodiscard]] std::string name() const;  // libssl_client_tls13
  // The same engine at both ends.
  [[nodiscard]] engine_case both() const noexcept { return {engine, engine, version}; }
};
void PrintTo(const end_case&, std::ostream*);
std::vector<end_case> end_cases();
std::string end_name(const ::testing::TestParamInfo<end_case>&);

// of_default_engine is what the engine can that an option engine of "" means.
[[nodiscard]] capabilities of_default_engine();

// made gives the config, or fails the test.
config made(const options&);

}  // namespace stls::test
