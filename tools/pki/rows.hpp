// What many rows of the table have in common.
#pragma once

#include <string>
#include <vector>

#include "spec.hpp"

namespace pki {

using names = std::vector<std::string>;

inline constexpr const char* ca_true = "critical,CA:TRUE";
inline constexpr const char* ca_usage = "critical,keyCertSign,cRLSign";
inline constexpr const char* rsa_usage = "critical,digitalSignature,keyEncipherment";

inline const names localhost_names = {"DNS:localhost", "DNS:test.example", "DNS:*.wild.example",
                                      "IP:127.0.0.1", "IP:::1"};

inline const names client_names = {"email:client@test.example", "URI:spiffe://example/client"};

// Well in the past, so that neither a wrong clock nor a time zone can revive it.
inline constexpr validity expired = {.from_days = -730, .until_days = -365};
inline constexpr validity not_yet_valid = {.from_days = 365, .until_days = 730};

// rows begins each row as a good one, of which the caller then changes what shall be different:
//
//   all.leaf("sha1").digest = "SHA1";
//
// What it gives is valid until the next row.
class rows {
 public:
  // As good as `server`, and as a client too. Its issuer follows it in its file.
  cert_spec& leaf(const std::string& name, const std::string& issuer = "intermediate") {
    return add({.name = name,
                .issuer = issuer,
                .common_name = "localhost",
                .names = localhost_names,
                .extended_key_usage = "serverAuth,clientAuth",
                .chain = {issuer}});
  }

  // An intermediate authority. No chain is in its file.
  cert_spec& authority(const std::string& name, const std::string& issuer = "ca") {
    return add({.name = name,
                .issuer = issuer,
                .common_name = "stls test " + name,
                .basic_constraints = ca_true,
                .key_usage = ca_usage});
  }

  // What an authority is known by, and a leaf of it: `of-NAME`.
  cert_spec& authority_with_leaf(const std::string& name, const std::string& issuer = "ca") {
    leaf("of-" + name, name);
    return authority(name, issuer);
  }

  [[nodiscard]] const std::vector<cert_spec>& all() const noexcept { return all_; }

 private:
  cert_spec& add(cert_spec row) { return all_.emplace_back(std::move(row)); }

  std::vector<cert_spec> all_;
};

}  // namespace pki
