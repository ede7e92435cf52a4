// The table: every certificate of the test PKI; those that are broken in odder ways are in broken.cpp.
// tests/pki/README.md says what a verifier should make of each.
#include <algorithm>

#include "broken.hpp"
#include "rows.hpp"
#include "spec.hpp"

namespace pki {
namespace {

std::vector<cert_spec> authorities() {
  return {
      {.name = "ca",
       .common_name = "stls test ca",
       .basic_constraints = ca_true,
       .key_usage = ca_usage,
       .in_demo = true},
      {.name = "ca2",
       .common_name = "stls test ca 2, not trusted",
       .basic_constraints = ca_true,
       .key_usage = ca_usage,
       .in_demo = true},
      {.name = "ca-rsa",
       .key = "RSA-2048",
       .common_name = "stls test ca, RSA",
       .basic_constraints = ca_true,
       .key_usage = ca_usage},
      {.name = "intermediate",
       .issuer = "ca",
       .common_name = "stls test intermediate",
       .basic_constraints = "critical,CA:TRUE,pathlen:0",
       .key_usage = ca_usage,
       .in_demo = true},
  };
}

std::vector<cert_spec> servers() {
  return {
      {.name = "server",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"},
       .in_demo = true},
      {.name = "server-direct",
       .issuer = "ca",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .in_demo = true},
      {.name = "server-rsa",
       .issuer = "ca-rsa",
       .key = "RSA-2048",
       .common_name = "localhost",
       .names = localhost_names,
       .key_usage = rsa_usage,
       .extended_key_usage = "serverAuth"},
      {.name = "server-a",
       .issuer = "intermediate",
       .common_name = "a.example",
       .names = {"DNS:a.example", "DNS:*.a.example"},
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"}},
      {.name = "server-b",
       .issuer = "intermediate",
       .common_name = "b.example",
       .names = {"DNS:b.example"},
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"}},
      {.name = "server-ocsp-url",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .extensions = {{"authorityInfoAccess", "OCSP;URI:http://ocsp.example/here"}},
       .chain = {"intermediate"}},
  };
}

std::vector<cert_spec> clients() {
  return {
      {.name = "client",
       .issuer = "intermediate",
       .common_name = "client",
       .names = client_names,
       .extended_key_usage = "clientAuth",
       .chain = {"intermediate"}},
      {.name = "client-untrusted",
       .issuer = "ca2",
       .common_name = "client",
       .names = client_names,
       .extended_key_usage = "clientAuth"},
      {.name = "client-expired",
       .issuer = "intermediate",
       .common_name = "client",
       .names = client_names,
       .valid = expired,
       .extended_key_usage = "clientAuth",
       .chain = {"intermediate"}},
  };
}

// Who may sign OCSP responses for the intermediate.
std::vector<cert_spec> responders() {
  return {
      {.name = "responder",
       .issuer = "intermediate",
       .common_name = "stls test responder",
       .extended_key_usage = "OCSPSigning",
       .extensions = {{"noCheck", "ignored"}}},
      {.name = "responder-revoked",
       .issuer = "intermediate",
       .common_name = "stls test responder, revoked",
       .extended_key_usage = "OCSPSigning"},
  };
}

// Each is wrong in one respect only, and otherwise as good as `server`.
std::vector<cert_spec> broken_servers() {
  return {
      {.name = "expired",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .valid = expired,
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"},
       .in_demo = true},
      {.name = "not-yet-valid",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .valid = not_yet_valid,
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"}},
      {.name = "wrong-name",
       .issuer = "intermediate",
       .common_name = "other.example",
       .names = {"DNS:other.example"},
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"},
       .in_demo = true},
      {.name = "untrusted",
       .issuer = "ca2",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .in_demo = true},
      {.name = "self-signed",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth"},
      {.name = "mismatched",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"},
       .wrong_key_file = true},
      {.name = "cn-only",
       .issuer = "intermediate",
       .common_name = "localhost",
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"}},
      {.name = "no-server-auth",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "clientAuth",
       .chain = {"intermediate"}},
      {.name = "revoked",
       .issuer = "intermediate",
       .common_name = "localhost",
       .names = localhost_names,
       .extended_key_usage = "serverAuth",
       .chain = {"intermediate"},
       .in_demo = true},
  };
}

std::vector<cert_spec> all_certs() {
  std::vector<cert_spec> all;
  for (const auto& group :
       {authorities(), servers(), clients(), responders(), broken_servers(), broken_certs()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

std::vector<crl_file_spec> crl_files() {
  return {
      {.file = "crl.pem",
       .crls = {{.issuer = "ca"}, {.issuer = "intermediate", .revoked = {"revoked", "responder-revoked"}}}},
      {.file = "crl-ca.pem", .crls = {{.issuer = "ca"}}},
      {.file = "crl-intermediate.pem", .crls = {{.issuer = "intermediate"}}},
      {.file = "crl-expired.pem", .crls = {{.issuer = "ca"}, {.issuer = "intermediate", .valid = expired}}},
      {.file = "crl-not-yet-valid.pem",
       .crls = {{.issuer = "ca"}, {.issuer = "intermediate", .valid = not_yet_valid}}},
      {.file = "crl-of-intermediate.pem",
       .crls = {{.issuer = "ca", .revoked = {"intermediate"}}, {.issuer = "intermediate"}}},
      {.file = "crl-of-client.pem",
       .crls = {{.issuer = "ca"}, {.issuer = "intermediate", .revoked = {"client"}}}},
  };
}

}  // namespace

pki_spec full_pki() {
  return {
      .certs = all_certs(),
      .crl_files = crl_files(),
      .key_files = {{.file = "server-ec-sec1.key", .row = "server", .format = key_format::traditional},
                    {.file = "server-rsa-pkcs1.key", .row = "server-rsa", .format = key_format::traditional},
                    {.file = "server-rsa-pkcs8.key", .row = "server-rsa", .format = key_format::pkcs8},
                    {.file = "server-encrypted.key", .row = "server", .format = key_format::pkcs8_encrypted},
                    {.file = "server-legacy-encrypted.key",
                     .row = "server",
                     .format = key_format::traditional_encrypted}},
      .bundles = {{.file = "ca-bundle.pem", .rows = {"ca", "ca2", "ca-rsa"}}},
      .dressed = {{.file = "server-crlf", .row = "server"}},
      .ca_dirs = {{.dir = "ca-dir", .rows = {"ca", "ca-rsa"}, .names = dir_names::hashed},
                  {.dir = "ca-dir-unhashed", .rows = {"ca", "ca-rsa"}, .names = dir_names::plain}},
  };
}

pki_spec demo_pki() {
  auto certs = all_certs();
  std::erase_if(certs, [](const cert_spec& row) { return !row.in_demo; });
  return {.certs = certs,
          .crl_files = {{.file = "crl.pem",
                         .crls = {{.issuer = "ca"}, {.issuer = "intermediate", .revoked = {"revoked"}}}}}};
}

}  // namespace pki
