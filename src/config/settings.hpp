// The parsed form of options, which engines compile.
#pragma once

#include "base/secret.hpp"
#include "config/anchors.hpp"
#include "config/ciphers.hpp"
#include "config/crls.hpp"
#include "config/groups.hpp"
#include "config/keypairs.hpp"
#include "config/ticket_keys.hpp"
#include "config/versions.hpp"
#include "config/warnings.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

enum class client_certificate : std::uint8_t { none, optional, required };

// dhe_parameters is the option dheparams: `automatic` follows the strength of the certificate's key, `fixed`
// is always of 2048 bits.
enum class dhe_parameters : std::uint8_t { none, automatic, fixed };

// dropped_name is something that was asked for by name, and left out because of what the engine or other
// options are.
struct dropped_name {
  std::string name;
  std::string why;
};

// settings is what the options mean: nothing in it needs to be checked again, and no engine's type is in it.
// Frozen once the config is made.
struct settings {
  std::string engine;  // "": not named

  std::vector<std::string> alpn;
  anchor_bundles anchors;       // as named; see roots_of
  bundle_text default_anchors;  // the system's, where none was named
  error no_anchors;             // why there are none although a client needs some; its code is zero otherwise
  std::vector<keypair_settings> keypairs;
  secret key_password;  // forgotten once the engine has parsed the keys
  sign_function sign;   // for the keypairs that are external

  version_set versions;
  cipher_choice ciphers;
  std::string cipher_word;  // the option as it was given
  bool prefer_client_ciphers = false;
  dhe_parameters dhe = dhe_parameters::none;
  group_list groups;
  std::vector<dropped_name> dropped;

  int verify_depth = 6;
  bool verify_cert = true;
  bool verify_name = true;
  bool verify_time = true;
  client_certificate verify_client = client_certificate::none;
  std::shared_ptr<const crl_bundle> crls;  // null: none were given, and none are asked for
  bool ocsp_request = true;                // false also where no certificate of a server is verified
  bool ocsp_require_stapling = false;

  std::size_t sessions = 1024;                                    // that a client keeps
  keyring tickets;                                                // that a server seals with; never empty
  std::string session_id;                                         // empty: derived from the settings
  std::chrono::seconds session_lifetime = std::chrono::hours(2);  // of a server's sessions; 0: none

  std::shared_ptr<warning_sink> warnings;
  std::function<void(std::string_view line)> keylog;
  std::function<void(std::string_view servername, std::span<const std::byte> session)> on_session;
  std::function<void(const handshake_event&)> on_handshake;

  // Whether a client has a use for sessions.
  [[nodiscard]] bool keeps_sessions() const noexcept { return sessions != 0 || on_session; }
};

// parse checks the options and reads the files that they name.
[[nodiscard]] result<settings> parse(const options&);

// roots_of gives whom to trust: who was named, else the system's roots, which are decoded only here: a server
// that verifies nobody does not need them.
[[nodiscard]] result<anchor_bundles> roots_of(const settings&);

STLS_NAMESPACE_END
