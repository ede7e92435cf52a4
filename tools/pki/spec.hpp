// What a test PKI is made of. A row says everything about one certificate, so a new kind of broken
// certificate is a new row in table.cpp and nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pki {

// One extension in the words of x509v3_config(5): {"nameConstraints", "critical,permitted;DNS:.example"}. Any
// OID with any bytes is {"1.3.6.1.4.1.55555.1", "critical,DER:0500"}.
struct extension {
  std::string name = {};
  std::string value = {};
};

// Days from now. Without an end the validity lasts as many days as the user asked for.
struct validity {
  int from_days = -1;
  std::optional<int> until_days = {};
};

// Each row is written as NAME.pem (the certificate, then `chain`) and NAME.key. Rows refer to each other by
// name, in any order and even in circles, since an issuer is a name and a key, not a certificate.
//
// How the odder kinds are said:
//   cross-signed      a row with the common_name and, as key_of, the key of the CA, but another issuer
//   duplicate         the extension listed in `extensions` as well as made by its own field
//   NUL in a name     std::string("DNS:a.example\0.b", 16); names and common_name go into the DER as they are
//   wildcard, odd     any text after "DNS:"; nothing here judges names
//   a field left out  an empty string: no basicConstraints, no key usage, ...
struct cert_spec {
  std::string name = {};
  std::string issuer = {};              // empty: self-signed
  std::string key = "P-256";            // a curve's name, "RSA-" and the bits, or "ED25519"
  std::string key_of = {};              // the row whose key this one shares, instead of a new one
  std::string common_name = {};         // empty: no subject at all
  std::vector<std::string> names = {};  // "DNS:", "IP:", "email:" or "URI:" and the name
  validity valid = {};
  std::string basic_constraints = "critical,CA:FALSE";
  std::string key_usage = "critical,digitalSignature";
  std::string extended_key_usage = {};
  std::vector<extension> extensions = {};  // further ones, appended as they are
  std::string digest = "SHA256";           // of the issuer's signature: "SHA1"; "MD5" with an RSA issuer
  int version = 3;                         // 1 is before there were extensions: all of them are left out
  std::string serial = {};                 // a decimal number, "-1"; empty: random
  bool flipped_signature = false;          // the last bit of the signature is wrong
  std::vector<std::string> chain = {};     // rows that follow in NAME.pem
  bool wrong_key_file = false;             // NAME.key holds a key that is not the certificate's
  bool in_demo = false;
};

// A list of revoked certificates, signed by `issuer`.
struct crl_spec {
  std::string issuer = {};
  std::vector<std::string> revoked = {};
  validity valid = {};
  std::string digest = "SHA256";
};

struct crl_file_spec {
  std::string file = {};
  std::vector<crl_spec> crls = {};
};

enum class key_format {
  pkcs8,
  pkcs8_encrypted,
  traditional,  // SEC1 for EC, PKCS#1 for RSA
  traditional_encrypted,
};

// The key of a row once more, in another format.
struct key_file_spec {
  std::string file = {};
  std::string row = {};
  key_format format = key_format::pkcs8;
};

// Several certificates in one file, each below a line of comment.
struct bundle_spec {
  std::string file = {};
  std::vector<std::string> rows = {};
};

// The files of a row once more, with CRLF line ends and text before and after.
struct dressed_spec {
  std::string file = {};  // stem of the .pem and the .key
  std::string row = {};
};

enum class dir_names { hashed, plain };

// A directory of CA certificates; hashed ones have the links that `openssl rehash` makes.
struct ca_dir_spec {
  std::string dir = {};
  std::vector<std::string> rows = {};
  dir_names names = dir_names::hashed;
};

struct pki_spec {
  std::vector<cert_spec> certs = {};
  std::vector<crl_file_spec> crl_files = {};
  std::vector<key_file_spec> key_files = {};
  std::vector<bundle_spec> bundles = {};
  std::vector<dressed_spec> dressed = {};
  std::vector<ca_dir_spec> ca_dirs = {};
};

// The password of every encrypted key.
inline constexpr const char* key_password = "secret";

pki_spec full_pki();
pki_spec demo_pki();

}  // namespace pki
