// The option table: a row for every field of `options`, with a good value and bad ones. What a good value
// does on a connection is tested in tests/matrix.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pair_maker.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"

#include "base/pem.hpp"

#include <stls/config.hpp>
#include <stls/connection.hpp>
#include <stls/options.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stls::test {
namespace {

using setter = std::function<void(options&)>;

struct bad_value {
  std::string label;
  setter set;
  std::error_code code;
  std::string sentence;  // the whole of it
};

struct row {
  std::string_view field;
  setter good;   // accepted; empty: there is none yet
  setter later;  // refused as not yet supported; empty: the option is in effect
  std::vector<bad_value> bad;
};

// -- documents --

std::string text_of(std::string_view file) { return pki::read(pki::path(file)); }

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

// A certificate that is good PEM, and of which the DER is cut.
std::string cut_der() {
  auto der = certificates_in(pki::path("ca.pem")).front();
  der.resize(der.size() / 2);
  return pem_encode("CERTIFICATE", der);
}

// A file of 100 MiB that takes no room on the disk.
class sparse_file {
 public:
  sparse_file() : path_(::testing::TempDir() + "stls_test_huge_" + std::to_string(::getpid())) {
    const int file = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    EXPECT_GE(file, 0);
    EXPECT_EQ(::ftruncate(file, off_t{100} << 20), 0);
    ::close(file);
  }
  sparse_file(const sparse_file&) = delete;
  sparse_file& operator=(const sparse_file&) = delete;
  ~sparse_file() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

const std::string& huge_file() {
  static const sparse_file file;
  return file.path();
}

// The kinds of bad documents, where `put` sets the option, and `label` names it in the sentence.
std::vector<bad_value> bad_documents(const std::string& label, const std::function<void(options&, pem)>& put,
                                     std::string_view good_file, std::string_view object) {
  const auto with = [put](pem value) {
    return [put, value = std::move(value)](options& opt) { put(opt, value); };
  };
  const std::string prefix = label + ": ";
  const std::string good = text_of(good_file);
  const std::string begin = "-----BEGIN " + std::string(object) + "-----";
  const std::string missing = pki::path("there is no such file.pem");
  const std::string directory = pki::path("ca-dir");
  return {
      {"empty", with(pem::text("")), errc::bad_pem, prefix + "it is empty"},
      {"nothing in it", with(pem::text("just words\n")), errc::bad_pem, prefix + "no PEM object found"},
      {"DER", with(pem::bytes(certificates_in(pki::path("ca.pem")).front())), errc::bad_pem,
       prefix + "it is DER, not PEM"},
      {"truncated", with(pem::text(good.substr(0, begin.size() + 30))), errc::bad_pem,
       prefix + "line 1: " + begin + " without its -----END"},
      {"malformed", with(pem::text(begin + "\nMII*\n-----END " + std::string(object) + "-----\n")),
       errc::bad_pem, prefix + "line 2: not base64"},
      {"of another kind", with(pem::text("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")),
       errc::bad_pem, prefix + "holds no " + std::string(object) + ", but 'X509 CRL'"},
      {"a missing file", with(pem::file(missing)), make_error_code(std::errc::no_such_file_or_directory),
       prefix + "cannot read '" + missing + "': No such file or directory"},
      {"a directory", with(pem::file(directory)), make_error_code(std::errc::is_a_directory),
       prefix + "cannot read '" + directory + "': it is a directory"},
      {"a path with NUL", with(pem::file(std::string("a\0b", 3))), errc::invalid_argument,
       prefix + "cannot read 'a\\x00b': it holds a NUL byte"},
      {"a file of 100 MiB", with(pem::file(huge_file())), errc::too_large,
       prefix + "cannot read '" + huge_file() + "': larger than 16777216 bytes"},
      {"a device without end", with(pem::file("/dev/zero")), errc::too_large,
       prefix + "cannot read '/dev/zero': larger than 16777216 bytes"},
      {"a text of 100 MiB",
       [put](options& opt) { put(opt, pem::text(std::string(std::size_t{100} << 20, 'x'))); },
       errc::too_large, prefix + "a text of 104857600 bytes; the limit is 16777216"},
  };
}

std::vector<bad_value> operator+(std::vector<bad_value> a, const std::vector<bad_value>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bad_value bad(std::string label, setter set, std::string sentence, errc code = errc::bad_config) {
  return {std::move(label), std::move(set), code, std::move(sentence)};
}

std::string later(std::string_view field) { return std::string(field) + ": not yet supported"; }

void present_server(options& opt) { pki::present(opt, "server"); }

// -- the table --

std::vector<row> make_table() {
  const auto put_ca = [](options& opt, pem value) { opt.ca = std::move(value); };
  const auto put_cert = [](options& opt, pem value) {
    present_server(opt);
    opt.cert = std::move(value);
  };
  const auto put_key = [](options& opt, pem value) {
    present_server(opt);
    opt.key = std::move(value);
  };
  const auto put_pair = [](options& opt, pem value) {
    opt.keypairs = {pki::pair("server"), {.cert = std::move(value), .key = pki::file("server.key")}};
  };
  const std::string known_groups = "X25519MLKEM768, X25519, P-256, P-384, P-521, X448";
  return {
      {"alpn",
       [](options& opt) { opt.alpn = "h2,http/1.1," + std::string(255, 'x'); },
       {},
       {bad(
            "an empty item", [](options& opt) { opt.alpn = "h2,,x"; },
            "alpn: an empty item; items are of 1 to 255 bytes"),
        bad(
            "a comma at the end", [](options& opt) { opt.alpn = "h2,"; },
            "alpn: an empty item; items are of 1 to 255 bytes"),
        bad(
            "256 bytes", [](options& opt) { opt.alpn = "h2," + std::string(256, 'x'); },
            "alpn: an item of 256 bytes; items are of 1 to 255 bytes"),
        bad(
            "too many",
            [](options& opt) {
              for (int i = 0; i < 300; ++i) opt.alpn += std::string(250, 'x') + ",";
              opt.alpn += "x";
            },
            "alpn: the list is longer than 65533 bytes")}},
      {"ca",
       [](options& opt) { opt.ca = pki::file("ca-bundle.pem"); },
       {},
       bad_documents("ca", put_ca, "ca.pem", "CERTIFICATE") +
           std::vector{
               bad(
                   "a cut certificate", [](options& opt) { opt.ca = pem::text(cut_der()); },
                   "ca: certificate 1: not a certificate: malformed DER", errc::bad_pem),
               bad(
                   "a key", [](options& opt) { opt.ca = pki::file("ca.key"); },
                   "ca: holds no CERTIFICATE, but 'PRIVATE KEY'", errc::bad_pem),
               bad(
                   "OpenSSL's own kind",
                   [](options& opt) {
                     opt.ca = pem::text(replaced(replaced(text_of("ca.pem"), "BEGIN ", "BEGIN TRUSTED "),
                                                 "END ", "END TRUSTED "));
                   },
                   "ca: holds a TRUSTED CERTIFICATE, OpenSSL's own form; convert it with `openssl x509`",
                   errc::bad_pem)}},
      {"cert",
       present_server,
       {},
       bad_documents("cert", put_cert, "server.pem", "CERTIFICATE") +
           std::vector{bad(
                           "missing", [](options& opt) { opt.key = pki::file("server.key"); },
                           "cert: missing; the key needs its certificate"),
                       bad(
                           "a key",
                           [](options& opt) {
                             present_server(opt);
                             opt.cert = pki::file("server.key");
                           },
                           "cert: holds no CERTIFICATE, but 'PRIVATE KEY'", errc::bad_pem),
                       bad(
                           "a cut certificate behind a good one",
                           [](options& opt) {
                             present_server(opt);
                             opt.cert = pem::text(text_of("server.pem") + cut_der());
                           },
                           "cert: certificate 3: not a certificate: malformed DER", errc::bad_pem)}},
      {"key",
       present_server,
       {},
       bad_documents("key", put_key, "server.key", "PRIVATE KEY") +
           std::vector{bad(
                           "missing", [](options& opt) { opt.cert = pki::file("server.pem"); },
                           "key: missing; the certificate needs its key"),
                       bad(
                           "a certificate",
                           [](options& opt) {
                             present_server(opt);
                             opt.key = pki::file("server.pem");
                           },
                           "key: holds no PRIVATE KEY, but 'CERTIFICATE'", errc::bad_pem),
                       bad(
                           "of another certificate", [](options& opt) { pki::present(opt, "mismatched"); },
                           "key: does not belong to the certificate in cert", errc::key_mismatch),
                       bad(
                           "of another type",
                           [](options& opt) {
                             present_server(opt);
                             opt.key = pki::file("server-rsa.key");
                           },
                           "key: does not belong to the certificate in cert", errc::key_mismatch),
                       bad(
                           "two keys",
                           [](options& opt) {
                             present_server(opt);
                             opt.key = pem::text(text_of("server.key") + text_of("client.key"));
                           },
                           "key: holds 2 private keys; one is expected", errc::bad_pem),
                       bad(
                           "encrypted, without a password",
                           [](options& opt) {
                             present_server(opt);
                             opt.key = pki::file("server-encrypted.key");
                           },
                           "key: is encrypted; set key_password", errc::bad_pem),
                       bad(
                           "encrypted in the old way, without a password",
                           [](options& opt) {
                             present_server(opt);
                             opt.key = pki::file("server-legacy-encrypted.key");
                           },
                           "key: is encrypted; set key_password", errc::bad_pem)}},
      {"ocsp_staple",
       [](options& opt) {
         present_server(opt);
         opt.ocsp_staple = material::bytes(make_ocsp());
       },
       {},
       {bad(
            "alone", [](options& opt) { opt.ocsp_staple = material::bytes(make_ocsp()); },
            "cert: missing; the OCSP staple needs its certificate"),
        bad(
            "garbage",
            [](options& opt) {
              present_server(opt);
              opt.ocsp_staple = material::text("x");
            },
            "ocsp_staple: not an OCSP response", errc::bad_pem),
        bad(
            "empty",
            [](options& opt) {
              present_server(opt);
              opt.ocsp_staple = material::text("");
            },
            "ocsp_staple: it is empty", errc::bad_pem),
        bad(
            "too large",
            [](options& opt) {
              present_server(opt);
              opt.ocsp_staple = material::text(std::string(65001, 'x'));
            },
            "ocsp_staple: 65001 bytes; the limit is 65000", errc::too_large),
        bad(
            "a refusal",
            [](options& opt) {
              present_server(opt);
              opt.ocsp_staple = material::bytes(make_ocsp_refusal(3));
            },
            "ocsp_staple: the responder did not answer, but said trylater", errc::bad_pem),
        bad(
            "in keypairs",
            [](options& opt) {
              opt.keypairs = {pki::pair("server")};
              opt.keypairs.front().ocsp_staple = material::text("x");
            },
            "keypairs[0].ocsp_staple: not an OCSP response", errc::bad_pem)}},
      {"crl",
       [](options& opt) { opt.crl = pki::file("crl.pem"); },
       {},
       {bad(
            "nothing in it", [](options& opt) { opt.crl = pem::text("x"); }, "crl: no PEM object found",
            errc::bad_pem),
        bad(
            "empty", [](options& opt) { opt.crl = pem::text(""); }, "crl: it is empty", errc::bad_pem),
        bad(
            "of another kind", [](options& opt) { opt.crl = pki::file("ca.pem"); },
            "crl: holds no CRL, but 'CERTIFICATE'", errc::bad_pem),
        bad(
            "malformed",
            [](options& opt) {
              opt.crl =
                  pem::text(text_of("crl.pem") + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
            },
            "crl: list 3: not a CRL that libssl can read", errc::bad_pem)}},
      {"keypairs",
       [](options& opt) {
         opt.keypairs = {pki::pair("server"), pki::pair("server-rsa"), pki::pair("server-a")};
       },
       {},
       bad_documents("keypairs[1].cert", put_pair, "server.pem", "CERTIFICATE") +
           std::vector{bad(
                           "empty", [](options& opt) { opt.keypairs = {{}}; },
                           "keypairs[0].cert: missing; the key needs its certificate"),
                       bad(
                           "no key", [](options& opt) { opt.keypairs = {{.cert = pki::file("server.pem")}}; },
                           "keypairs[0].key: missing; the certificate needs its key"),
                       bad(
                           "mismatched",
                           [](options& opt) {
                             opt.keypairs = {pki::pair("server"), pki::pair("mismatched")};
                           },
                           "keypairs[1].key: does not belong to the certificate in keypairs[1].cert",
                           errc::key_mismatch)}},
      {"ticket_keys",
       [](options& opt) { opt.ticket_keys = {{.keyrev = 1, .key = std::string(48, 'k')}}; },
       {},
       {bad(
           "short", [](options& opt) { opt.ticket_keys = {{.keyrev = 1, .key = "short"}}; },
           "ticket_keys: keyrev 1: a key of 5 bytes; ticket keys have 48")}},
      {"ciphers",
       [](options& opt) { opt.ciphers = "compat"; },
       {},
       {bad(
            "misspelt", [](options& opt) { opt.ciphers = "secur"; },
            "ciphers: unknown word 'secur' (did you mean 'secure'?); known are secure, compat, legacy, "
            "insecure, and the "
            "names of ciphers, e.g. ECDHE-RSA-AES128-GCM-SHA256"),
        bad(
            "a misspelt name", [](options& opt) { opt.ciphers = "ECDHE-RSA-AES128-GCM-SHA257"; },
            "ciphers: unknown word 'ECDHE-RSA-AES128-GCM-SHA257' (did you mean "
            "'ECDHE-RSA-AES128-GCM-SHA256'?); known are "
            "secure, compat, legacy, insecure, and the names of ciphers, e.g. ECDHE-RSA-AES128-GCM-SHA256"),
        bad(
            "without encryption", [](options& opt) { opt.ciphers = "NULL-SHA256"; },
            "ciphers: 'NULL-SHA256' does not authenticate the server or does not encrypt, so it is never "
            "used"),
        bad(
            "a level", [](options& opt) { opt.ciphers = "ALL:@SECLEVEL=0"; },
            "ciphers: '@SECLEVEL=0': a list cannot change the security level")}},
      {"dheparams",
       [](options& opt) { opt.dheparams = "none"; },
       {},
       {bad(
           "unknown", [](options& opt) { opt.dheparams = "2048"; },
           "dheparams: unknown word '2048'; known are none, auto, legacy")}},
      {"ecdhecurve",
       [](options& opt) { opt.ecdhecurve = "secp384r1"; },
       {},
       {bad(
            "misspelt", [](options& opt) { opt.ecdhecurve = "X25518"; },
            "ecdhecurve: unknown word 'X25518' (did you mean 'X25519'?); known are none, auto, " +
                known_groups),
        bad(
            "weak", [](options& opt) { opt.ecdhecurve = "secp192r1"; },
            "ecdhecurve: unknown word 'secp192r1' (did you mean 'secp256r1'?); known are none, auto, " +
                known_groups),
        bad(
            "both",
            [](options& opt) {
              opt.ecdhecurve = "X25519";
              opt.ecdhecurves = "X25519";
            },
            "ecdhecurve, ecdhecurves: both given; the list alone is enough"),
        bad(
            "none with TLS 1.3", [](options& opt) { opt.ecdhecurve = "none"; },
            "ecdhecurve: 'none' is impossible with tlsv1.3; name a curve, or set protocols to tlsv1.2"),
        bad(
            "none without a cipher",
            [](options& opt) {
              opt.ecdhecurve = "none";
              opt.protocols = "tlsv1.2";
            },
            "ecdhecurve: 'none' leaves no cipher of 'secure'; name a curve, or set ciphers to compat")}},
      {"ecdhecurves",
       [](options& opt) { opt.ecdhecurves = "X25519, P-256:prime256v1 secp521r1"; },
       {},
       {bad(
            "one unknown", [](options& opt) { opt.ecdhecurves = "X25519,curve25518"; },
            "ecdhecurves: unknown word 'curve25518'; known are " + known_groups),
        bad(
            "a word of ecdhecurve", [](options& opt) { opt.ecdhecurves = "auto"; },
            "ecdhecurves: unknown word 'auto'; known are " + known_groups)}},
      {"protocols",
       [](options& opt) { opt.protocols = "tlsv1.2:tlsv1.3"; },
       {},
       {bad(
            "misspelt", [](options& opt) { opt.protocols = "tlsv1.4"; },
            "protocols: unknown word 'tlsv1.4' (did you mean 'tlsv1.2'?); known are tlsv1.2, tlsv1.3, all, "
            "secure, and tlsv1.0, tlsv1.1 by themselves"),
        bad(
            "SSL", [](options& opt) { opt.protocols = "sslv3"; },
            "protocols: unknown word 'sslv3'; known are tlsv1.2, tlsv1.3, all, "
            "secure, and tlsv1.0, tlsv1.1 by themselves"),
        bad(
            "old beside new", [](options& opt) { opt.protocols = "tlsv1.2,tlsv1.1"; },
            "protocols: 'tlsv1.2,tlsv1.1' mixes old and new versions; tlsv1.0 and tlsv1.1 need a config of "
            "their own"),
        bad(
            "a hole", [](options& opt) { opt.protocols = "tlsv1.0,tlsv1.2"; },
            "protocols: 'tlsv1.0,tlsv1.2' has a hole; versions must follow one another"),
        bad(
            "nothing left", [](options& opt) { opt.protocols = "tlsv1.3:!tlsv1.3"; },
            "protocols: 'tlsv1.3:!tlsv1.3' leaves no version; name tlsv1.2, tlsv1.3 or both"),
        bad(
            "nothing left of all", [](options& opt) { opt.protocols = "!all"; },
            "protocols: '!all' leaves no version; name tlsv1.2, tlsv1.3 or both")}},
      {"verify_depth",
       [](options& opt) { opt.verify_depth = 100; },
       {},
       {bad(
            "negative", [](options& opt) { opt.verify_depth = -1; }, "verify_depth: -1 is not in 0 to 100"),
        bad(
            "too great", [](options& opt) { opt.verify_depth = 101; },
            "verify_depth: 101 is not in 0 to 100")}},
      {"prefer_ciphers_client",
       [](options& opt) { opt.prefer_ciphers_client = true; },
       {},
       {bad(
           "with its opposite",
           [](options& opt) { opt.prefer_ciphers_client = opt.prefer_ciphers_server = true; },
           "prefer_ciphers_client, prefer_ciphers_server: both given; they contradict each other")}},
      {"prefer_ciphers_server",
       [](options& opt) { opt.prefer_ciphers_server = true; },
       {},
       {bad(
           "with its opposite",
           [](options& opt) { opt.prefer_ciphers_client = opt.prefer_ciphers_server = true; },
           "prefer_ciphers_client, prefer_ciphers_server: both given; they contradict each other")}},
      {"insecure_noverifycert",
       [](options& opt) { opt.insecure_noverifycert = true; },
       {},
       {bad(
            "with verify_client",
            [](options& opt) {
              opt.ca = pki::file("ca.pem");
              opt.insecure_noverifycert = opt.verify_client = true;
            },
            "insecure_noverifycert: contradicts verify_client"),
        bad(
            "with verify_client_optional",
            [](options& opt) {
              opt.ca = pki::file("ca.pem");
              opt.insecure_noverifycert = opt.verify_client_optional = true;
            },
            "insecure_noverifycert: contradicts verify_client_optional"),
        bad(
            "with crl",
            [](options& opt) {
              opt.crl = pki::file("crl.pem");
              opt.insecure_noverifycert = true;
            },
            "insecure_noverifycert: contradicts crl"),
        bad(
            "with ocsp_require_stapling",
            [](options& opt) { opt.insecure_noverifycert = opt.ocsp_require_stapling = true; },
            "insecure_noverifycert: contradicts ocsp_require_stapling")}},
      {"insecure_noverifyname", [](options& opt) { opt.insecure_noverifyname = true; }, {}, {}},
      {"insecure_noverifytime", [](options& opt) { opt.insecure_noverifytime = true; }, {}, {}},
      {"ocsp_require_stapling",
       [](options& opt) { opt.ocsp_require_stapling = true; },
       {},
       {bad(
           "without ocsp_request",
           [](options& opt) {
             opt.ocsp_require_stapling = true;
             opt.ocsp_request = false;
           },
           "ocsp_require_stapling: contradicts ocsp_request, which is false")}},
      {"verify_client",
       [](options& opt) {
         opt.ca = pki::file("ca.pem");
         opt.verify_client = true;
       },
       {},
       {bad(
            "without roots", [](options& opt) { opt.verify_client = true; },
            "verify_client: needs ca, ca_path or ca_system, to say whose certificates of clients are good"),
        bad(
            "both",
            [](options& opt) {
              opt.ca = pki::file("ca.pem");
              opt.verify_client = opt.verify_client_optional = true;
            },
            "verify_client, verify_client_optional: both given; they contradict each other")}},
      {"verify_client_optional",
       [](options& opt) {
         opt.ca_path = pki::path("ca-dir");
         opt.verify_client_optional = true;
       },
       {},
       {bad(
           "without roots", [](options& opt) { opt.verify_client_optional = true; },
           "verify_client_optional: needs ca, ca_path or ca_system, to say whose certificates of clients are "
           "good")}},
      {"session_id",
       [](options& opt) { opt.session_id = "id"; },
       {},
       {bad(
           "33 bytes", [](options& opt) { opt.session_id = std::string(33, 'x'); },
           "session_id: 33 bytes; the limit is 32")}},
      {"session_lifetime",
       [](options& opt) { opt.session_lifetime = std::chrono::hours(2); },
       {},
       {bad(
           "negative", [](options& opt) { opt.session_lifetime = std::chrono::seconds(-1); },
           "session_lifetime: -1 s is not in 0 to 604800, which are 7 days")}},
      {"engine",
       [](options& opt) { opt.engine = providers().front()->name(); },
       {},
       {bad(
           "unknown", [](options& opt) { opt.engine = "schannel"; },
           "engine: unknown engine 'schannel'; built in: " +
               [] {
                 std::string all;
                 for (const auto* p : providers()) all += (all.empty() ? "" : ", ") + std::string(p->name());
                 return all;
               }())}},
      {"ca_path",
       [](options& opt) { opt.ca_path = pki::path("ca-dir"); },
       {},
       {{"missing", [](options& opt) { opt.ca_path = "/there is no such directory"; },
         make_error_code(std::errc::no_such_file_or_directory),
         "ca_path: cannot read '/there is no such directory': No such file or directory"},
        {"a file", [](options& opt) { opt.ca_path = pki::path("ca.pem"); },
         make_error_code(std::errc::not_a_directory),
         "ca_path: cannot read '" + pki::path("ca.pem") + "': Not a directory"},
        bad(
            "without hashes", [](options& opt) { opt.ca_path = pki::path("ca-dir-unhashed"); },
            "ca_path: '" + pki::path("ca-dir-unhashed") +
                "' holds no certificate in a file named by its hash; run `openssl rehash` on it")}},
      {"ca_system",
       [](options& opt) {
         ::setenv("SSL_CERT_FILE", pki::path("ca-bundle.pem").c_str(), 1);
         opt.ca_system = true;
       },
       {},
       {{"a store that is not there",
         [](options& opt) {
           ::setenv("SSL_CERT_FILE", "/there is no such file", 1);
           opt.ca_system = true;
         },
         make_error_code(std::errc::no_such_file_or_directory),
         "ca_system: cannot read '/there is no such file': No such file or directory"},
        bad(
            "a store that is none",
            [](options& opt) {
              ::setenv("SSL_CERT_FILE", pki::path("ca.key").c_str(), 1);
              opt.ca_system = true;
            },
            "ca_system: holds no CERTIFICATE, but 'PRIVATE KEY'", errc::bad_pem)}},
      {"key_password",
       [](options& opt) {
         present_server(opt);
         opt.key = pki::file("server-encrypted.key");
         opt.key_password = "secret";
       },
       {},
       {bad(
            "wrong",
            [](options& opt) {
              present_server(opt);
              opt.key = pki::file("server-encrypted.key");
              opt.key_password = "wrong";
            },
            "key: cannot be decrypted with key_password", errc::bad_pem),
        bad(
            "wrong, for an old kind of key",
            [](options& opt) {
              present_server(opt);
              opt.key = pki::file("server-legacy-encrypted.key");
              opt.key_password = "wrong";
            },
            "key: cannot be decrypted with key_password", errc::bad_pem),
        bad(
            "too long",
            [](options& opt) {
              present_server(opt);
              opt.key = pki::file("server-encrypted.key");
              opt.key_password = std::string(100000, 'x');
            },
            "key: cannot be decrypted with key_password", errc::bad_pem)}},
      {"sign",
       [](options& opt) {
         opt.cert = pki::file("server.pem");
         opt.sign = [](const sign_request&) { return result<bytes>(); };
       },
       {},
       {bad(
            "Ed25519",
            [](options& opt) {
              opt.cert = make_pair("ED25519").cert;
              opt.sign = [](const sign_request&) { return result<bytes>(); };
            },
            "cert: sign cannot sign for a key of the kind ED25519; for RSA and EC it can"),
        bad(
            "for RSA key exchange",
            [](options& opt) {
              opt.cert = pki::file("server-rsa.pem");
              opt.sign = [](const sign_request&) { return result<bytes>(); };
              opt.ciphers = "AES128-GCM-SHA256";
            },
            "ciphers: nothing is left of 'AES128-GCM-SHA256': AES128-GCM-SHA256 is dropped, since sign "
            "cannot "
            "decrypt")}},
      {"sessions", [](options& opt) { opt.sessions = 100; }, {}, {}},
      {"on_session",
       [](options& opt) { opt.on_session = [](std::string_view, std::span<const std::byte>) {}; },
       {},
       {}},
      {"ocsp_request", [](options& opt) { opt.ocsp_request = false; }, {}, {}},
      {"keylog", [](options& opt) { opt.keylog = [](std::string_view) {}; }, {}, {}},
      {"on_handshake", [](options& opt) { opt.on_handshake = [](const handshake_event&) {}; }, {}, {}},
      {"on_warning", [](options& opt) { opt.on_warning = [](const warning&) {}; }, {}, {}},
      {"revocation",
       [](options& opt) { opt.revocation = "off"; },
       {},
       {bad(
            "soft", [](options& opt) { opt.revocation = "soft"; }, later("revocation"), errc::unsupported),
        bad(
            "hard", [](options& opt) { opt.revocation = "hard"; }, later("revocation"), errc::unsupported),
        bad(
            "misspelt", [](options& opt) { opt.revocation = "sof"; },
            "revocation: unknown word 'sof' (did you mean 'soft'?); known are off, soft, hard"),
        bad(
            "unknown", [](options& opt) { opt.revocation = "always"; },
            "revocation: unknown word 'always'; known are off, soft, hard")}},
      {"crlite_dir",
       {},
       [](options& opt) { opt.crlite_dir = "/var/lib/crlite"; },
       {bad(
           "missing", [](options& opt) { opt.crlite_dir = "/there is none"; }, later("crlite_dir"),
           errc::unsupported)}},
      {"crlite_data",
       {},
       [](options& opt) { opt.crlite_data = {std::span<const std::byte>()}; },
       {bad(
           "empty", [](options& opt) { opt.crlite_data = {std::span<const std::byte>()}; },
           later("crlite_data"), errc::unsupported)}},
      {"deny_list",
       {},
       [](options& opt) { opt.deny_list = material::text("x"); },
       {bad(
           "any", [](options& opt) { opt.deny_list = material::text("x"); }, later("deny_list"),
           errc::unsupported)}},
  };
}

const std::vector<row>& table() {
  static const auto all = make_table();
  return all;
}

// This does not compile when `options` gets or loses a field: then the table needs a row more or less.
constexpr std::size_t fields_of_options() {
  [[maybe_unused]] const auto count = [](const options& opt) {
    const auto& [alpn, ca, cert, key, ocsp_staple, crl, keypairs, ticket_keys, ciphers, dheparams, ecdhecurve,
                 ecdhecurves, protocols, verify_depth, prefer_ciphers_client, prefer_ciphers_server,
                 insecure_noverifycert, insecure_noverifyname, insecure_noverifytime, ocsp_require_stapling,
                 verify_client, verify_client_optional, session_id, session_lifetime,  // libtls's 24
                 engine, ca_path, ca_system, key_password, sign, sessions, on_session, ocsp_request, keylog,
                 on_handshake, on_warning, revocation, crlite_dir, crlite_data, deny_list] = opt;
    (void)alpn;
  };
  return 24 + 15;
}

// Rows change the environment; each gives it back.
class environment {
 public:
  environment() {
    for (const char* const name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      const char* const value = std::getenv(name);
      before_.emplace_back(name, value == nullptr ? std::string() : value, value != nullptr);
    }
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    for (const auto& [name, value, given] : before_) {
      if (given) {
        ::setenv(name, value.c_str(), 1);
      } else {
        ::unsetenv(name);
      }
    }
  }

 private:
  std::vector<std::tuple<const char*, std::string, bool>> before_;
};

// Whether the default engine has what an option is about. It refuses the option otherwise.
bool in_effect(std::string_view field) {
  const capabilities can = of_default_engine();
  if (field == "ocsp_staple" || field == "ocsp_require_stapling") return can.ocsp;
  if (field == "crl") return can.crl;
  if (field == "ticket_keys") return can.tickets;
  if (field == "key_password") return can.encrypted_keys;
  if (field == "sign") return can.external_keys;
  return true;
}

// What a bad value is about: an encrypted key needs more than the option key.
std::string_view about(std::string_view field, std::string_view label) {
  return field == "key" && label.starts_with("encrypted") ? "key_password" : field;
}

class options_table : public ::testing::TestWithParam<std::string_view> {
 protected:
  static const row& the_row() {
    for (const auto& r : table()) {
      if (r.field == GetParam()) return r;
    }
    throw std::logic_error("no such row");
  }
  environment kept;
};

TEST_P(options_table, a_good_value_is_accepted) {
  const auto& r = the_row();
  if (!r.good) {
    EXPECT_TRUE(r.later) << "a row has a good value, or is not yet supported";
    return;
  }
  options opt;
  r.good(opt);
  const auto conf = config::make(opt);
  if (!in_effect(r.field)) {
    EXPECT_TRUE(is_error(conf, errc::unsupported));
    return;
  }
  EXPECT_TRUE(succeeded(conf));
  if (conf) {
    EXPECT_TRUE(*conf);
  }
}

TEST_P(options_table, what_comes_later_is_refused_and_not_ignored) {
  const auto& r = the_row();
  if (!r.later) {
    EXPECT_TRUE(r.good);
    return;
  }
  options opt;
  r.later(opt);
  EXPECT_TRUE(is_error(config::make(opt), errc::unsupported, later(r.field)));
}

TEST_P(options_table, bad_values_are_refused_with_their_sentences) {
  const auto& r = the_row();
  static const std::set<std::string_view> cannot_be_bad = {"insecure_noverifyname",
                                                           "insecure_noverifytime",
                                                           "keylog",
                                                           "ocsp_request",
                                                           "on_handshake",
                                                           "on_session",
                                                           "on_warning",
                                                           "sessions"};
  EXPECT_EQ(r.bad.empty(), cannot_be_bad.count(r.field) == 1) << "an option without a wrong value";
  for (const auto& [label, set, code, sentence] : r.bad) {
    SCOPED_TRACE(std::string(r.field) + ", " + label);
    options opt;
    set(opt);
    const auto conf = config::make(opt);
    if (conf || conf.error() != errc::unsupported || in_effect(about(r.field, label))) {
      EXPECT_TRUE(is_error(conf, code, sentence));
    }
  }
}

TEST_P(options_table, a_good_value_works_in_both_roles) {
  // An option of the other role is checked, but has no effect.
  const auto& r = the_row();
  if (!r.good || !in_effect(r.field)) return;
  options opt;
  r.good(opt);
  const auto conf = config::make(opt);
  ASSERT_TRUE(succeeded(conf));
  if (!opt.cert.given() && opt.keypairs.empty()) {
    EXPECT_TRUE(
        is_error(server::make(*conf), errc::bad_config,
                 "cert: missing; a server needs a certificate and its key: set cert and key, or keypairs"));
    pki::present(opt, "server");
  }
  const auto with_pair = config::make(opt);
  ASSERT_TRUE(succeeded(with_pair));
  EXPECT_TRUE(succeeded(server::make(*with_pair)));
  if (opt.ca.given() || !opt.ca_path.empty() || opt.ca_system || opt.insecure_noverifycert) {
    EXPECT_TRUE(succeeded(client::make(*with_pair)));
  }
}

std::vector<std::string_view> field_names() {
  // Without the values: they need the PKI, and this runs before any test.
  return {"alpn",
          "ca",
          "cert",
          "key",
          "ocsp_staple",
          "crl",
          "keypairs",
          "ticket_keys",
          "ciphers",
          "dheparams",
          "ecdhecurve",
          "ecdhecurves",
          "protocols",
          "verify_depth",
          "prefer_ciphers_client",
          "prefer_ciphers_server",
          "insecure_noverifycert",
          "insecure_noverifyname",
          "insecure_noverifytime",
          "ocsp_require_stapling",
          "verify_client",
          "verify_client_optional",
          "session_id",
          "session_lifetime",
          "engine",
          "ca_path",
          "ca_system",
          "key_password",
          "sign",
          "sessions",
          "on_session",
          "ocsp_request",
          "keylog",
          "on_handshake",
          "on_warning",
          "revocation",
          "crlite_dir",
          "crlite_data",
          "deny_list"};
}

std::string field_name(const ::testing::TestParamInfo<std::string_view>& info) {
  return std::string(info.param);
}

INSTANTIATE_TEST_SUITE_P(fields, options_table, ::testing::ValuesIn(field_names()), field_name);

TEST(options, the_table_has_a_row_for_each_field) {
  const auto names = field_names();
  ASSERT_EQ(names.size(), fields_of_options());
  ASSERT_EQ(table().size(), fields_of_options());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(table()[i].field, names[i]);
}

TEST(options, defaults_are_accepted) {
  const auto conf = config::make({});
  EXPECT_TRUE(succeeded(conf));
}

TEST(options, every_word_of_protocols_is_read_as_libtls_reads_it) {
  if (!of_default_engine().tls1_3) GTEST_SKIP() << "no engine of this build has TLS 1.3";
  struct word_case {
    std::string words;
    std::string effect;
  };
  const std::vector<word_case> all = {{"", "tlsv1.2,tlsv1.3"},
                                      {"all", "tlsv1.2,tlsv1.3"},
                                      {"secure", "tlsv1.2,tlsv1.3"},
                                      {"default", "tlsv1.2,tlsv1.3"},
                                      {"legacy", "tlsv1.2,tlsv1.3"},
                                      {"tlsv1", "tlsv1.2,tlsv1.3"},
                                      {"tlsv1.2", "tlsv1.2"},
                                      {"TLSv1.3", "tlsv1.3"},
                                      {"tlsv1.3 tlsv1.2", "tlsv1.2,tlsv1.3"},
                                      {"!tlsv1.2", "tlsv1.3"},
                                      {"!tlsv1.3", "tlsv1.2"},
                                      {"all,!tlsv1.2", "tlsv1.3"},
                                      {"all:!tlsv1.1", "tlsv1.2,tlsv1.3"}};
  for (const auto& [words, effect] : all) {
    options opt;
    opt.insecure_noverifycert = true;
    opt.protocols = words;
    const auto conf = config::make(opt);
    ASSERT_TRUE(succeeded(conf)) << words;
    EXPECT_NE(conf->describe().find("protocols: " + effect + "\n"), std::string::npos)
        << words << ": " << conf->describe();
  }
}

TEST(options, lists_may_be_separated_by_commas_colons_and_blanks) {
  for (const std::string list :
       {"X25519,P-256", "X25519:P-256", "X25519 P-256", " X25519 , P-256 ", "X25519,,P-256"}) {
    options opt;
    opt.insecure_noverifycert = true;
    opt.ecdhecurves = list;
    const auto conf = config::make(opt);
    ASSERT_TRUE(succeeded(conf)) << list;
    EXPECT_NE(conf->describe().find("ecdhecurves: X25519,P-256\n"), std::string::npos) << conf->describe();
  }
}

TEST(options, groups_that_the_engine_lacks_are_dropped_and_named) {
  const auto* const engine = providers().front();
  std::string lacking;
  for (const std::string name : {"X25519MLKEM768", "X448", "P-521"}) {
    if (!engine->has_group(name)) lacking = name;
  }
  if (lacking.empty()) GTEST_SKIP() << engine->version() << " has every group that stls knows";
  options opt;
  opt.insecure_noverifycert = true;
  opt.engine = engine->name();
  opt.ecdhecurves = "P-256," + lacking;
  std::vector<std::string> warnings;
  opt.on_warning = [&](const warning& w) { warnings.push_back(std::string(w.code) + ": " + w.message); };
  const auto conf = config::make(opt);
  ASSERT_TRUE(succeeded(conf));
  EXPECT_NE(conf->describe().find("ecdhecurves: P-256\n"), std::string::npos) << conf->describe();
  EXPECT_NE(conf->describe().find("dropped: " + lacking + " (not supported by engine '"), std::string::npos)
      << conf->describe();
  EXPECT_EQ(warnings,
            std::vector<std::string>{"dropped: left out: " + lacking + " (not supported by engine '" +
                                     std::string(engine->name()) + "')"});
  opt.ecdhecurves = lacking;
  EXPECT_TRUE(is_error(
      config::make(opt), errc::unsupported,
      "ecdhecurves '" + lacking + "': not supported by engine '" + std::string(engine->name()) + "'"));
}

TEST(options, weak_keys_are_refused_when_the_config_is_made) {
  const auto weak = make_certificate({.key = "RSA-1024"});
  options opt;
  opt.cert = pem::text(weak.cert);
  opt.key = pem::text(weak.key);
  const auto conf = config::make(opt);
  EXPECT_TRUE(is_error(conf, errc::bad_config));
  if (!conf) {
    EXPECT_TRUE(conf.error().message.starts_with("cert: too weak")) << conf.error().message;
  }
}

TEST(options, no_sentence_shows_a_secret) {
  for (const auto& r : table()) {
    for (const auto& b : r.bad) {
      const environment kept;
      options opt;
      b.set(opt);
      opt.key_password += "hunter2";
      const auto conf = config::make(opt);
      if (!conf) {
        EXPECT_EQ(conf.error().message.find("hunter2"), std::string::npos);
        EXPECT_EQ(conf.error().message.find("MII"), std::string::npos);
      }
    }
  }
}

// -- material --

TEST(material, knows_what_it_is) {
  EXPECT_FALSE(material().given());
  EXPECT_TRUE(material::file("/x").given());
  EXPECT_TRUE(material::file("/x").is_file());
  EXPECT_FALSE(material::text("").is_file());
  EXPECT_TRUE(material::text("").given()) << "an empty text is a text, and an error later";
  EXPECT_EQ(material::text("abc").content(), "abc");
  EXPECT_EQ(material::bytes(to_bytes(std::string_view("a\0b", 3))).content(), std::string("a\0b", 3));
}

TEST(material, moves_and_copies) {
  auto a = material::text("a text that is too long to be held in the string itself");
  const auto copy = a;
  const auto moved = std::move(a);
  EXPECT_EQ(moved.content(), copy.content());
  EXPECT_FALSE(a.given());  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(a.content(), "");
  auto assigned = material::file("x");
  assigned = copy;
  EXPECT_FALSE(assigned.is_file());
  EXPECT_EQ(assigned.content(), copy.content());
  material& same = assigned;
  assigned = same;
  EXPECT_EQ(assigned.content(), copy.content());
}

}  // namespace
}  // namespace stls::test
