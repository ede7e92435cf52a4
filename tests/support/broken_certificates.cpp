#include "support/broken_certificates.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string_view>

namespace stls::test {
namespace {

verdict unverified(errc code, std::string_view why, std::string alert) {
  return {code, std::string("certificate verification failed: ").append(why), std::move(alert)};
}

verdict untrusted(std::string_view why, std::string alert) {
  return unverified(errc::certificate_untrusted, why, std::move(alert));
}

// The alerts are RFC 8446's (section 6.2), and OpenSSL's where that leaves them open.
const verdict expired =
    unverified(errc::certificate_expired, "certificate has expired", "certificate_expired");
const verdict not_yet_valid =
    unverified(errc::certificate_not_yet_valid, "certificate is not yet valid", "certificate_expired");
const verdict revoked = unverified(errc::certificate_revoked, "certificate revoked", "certificate_revoked");
const verdict no_issuer = untrusted("unable to get local issuer certificate", "unknown_ca");
const verdict self_signed = untrusted("self-signed certificate", "unknown_ca");
const verdict strange_root = untrusted("self-signed certificate in certificate chain", "unknown_ca");
const verdict too_long = untrusted("certificate chain too long", "unknown_ca");
const verdict path_too_long = untrusted("path length constraint exceeded", "unknown_ca");
const verdict no_authority = untrusted("invalid CA certificate", "unknown_ca");
const verdict wrong_purpose = untrusted("unsuitable certificate purpose", "unsupported_certificate");
const verdict weak_key = untrusted("certificate key too weak", "bad_certificate");
const verdict weak_signature = untrusted("certificate signature algorithm too weak", "bad_certificate");
const verdict bad_signature = untrusted("certificate signature failure", "bad_certificate");
const verdict twice = untrusted("not a certificate: the same extension twice", "bad_certificate");
const verdict unknown_extension = untrusted("unhandled critical extension", "certificate_unknown");
const verdict not_permitted = untrusted("name not permitted by its issuer", "certificate_unknown");
const verdict no_crl =
    unverified(errc::revocation_unknown, "unable to get certificate CRL", "certificate_unknown");
const verdict old_crl = unverified(errc::revocation_unknown, "CRL has expired", "certificate_unknown");
const verdict early_crl = unverified(errc::revocation_unknown, "CRL is not yet valid", "certificate_unknown");
const verdict anothers_key = {errc::protocol, "handshake failed: bad signature", "decrypt_error"};

verdict not_named(const std::string& name) {
  return {errc::certificate_name_mismatch, "name `" + name + "' not present in server certificate",
          "bad_certificate"};
}

std::vector<certificate_case> good_ones() {
  return {
      {.certificate = "server", .by = shown_by::server},
      {.certificate = "client", .by = shown_by::client},
      {.certificate = "server-rsa", .by = shown_by::server, .ca = "ca-rsa.pem"},
      {.certificate = "self-signed",
       .what = "self-signed but trusted",
       .by = shown_by::server,
       .ca = "self-signed.pem"},
      {.certificate = "unknown-extension"},
      {.certificate = "many-names"},
      {.certificate = "serial-negative"},
      {.certificate = "serial-zero"},
      {.certificate = "of-ca-own-names"},
      {.certificate = "of-root-sha1", .ca = "root-sha1.pem"},
      {.certificate = "crossed", .what = "crossed, of the one root"},
      {.certificate = "crossed", .what = "crossed, of the other root", .ca = "cross-root.pem"},
      {.certificate = "crossed-old", .what = "crossed, though the old root expired", .ca = "cross-root.pem"},
      {.certificate = "deep", .what = "deep as allowed", .verify_depth = 20},
  };
}

std::vector<certificate_case> of_the_wrong_time() {
  return {
      {.certificate = "expired", .by = shown_by::server, .expected = expired},
      {.certificate = "client-expired", .by = shown_by::client, .expected = expired},
      {.certificate = "not-yet-valid", .by = shown_by::server, .expected = not_yet_valid},
      {.certificate = "of-ca-expired", .expected = expired},
      {.certificate = "of-ca-not-yet-valid", .expected = not_yet_valid},
      {.certificate = "crossed-old",
       .what = "crossed by an expired root",
       .expected = expired,
       .ca = "old-root.pem"},
  };
}

std::vector<certificate_case> of_nobody_trusted() {
  return {
      {.certificate = "untrusted", .by = shown_by::server, .expected = no_issuer},
      {.certificate = "client-untrusted", .by = shown_by::client, .expected = no_issuer},
      {.certificate = "untrusted-with-root", .expected = strange_root},
      {.certificate = "self-signed", .by = shown_by::server, .expected = self_signed},
      {.certificate = "no-intermediate", .expected = no_issuer},
      {.certificate = "looping", .expected = no_issuer},
      {.certificate = "bad-signature", .expected = bad_signature},
      {.certificate = "of-ca-bad-signature", .expected = bad_signature},
      {.certificate = "deep", .expected = too_long},
      {.certificate = "deep", .what = "deeper by one than allowed", .expected = too_long, .verify_depth = 18},
      {.certificate = "of-ca-too-deep", .expected = path_too_long},
      {.certificate = "of-ca-without-constraints", .expected = no_authority},
      {.certificate = "of-ca-false", .expected = no_authority},
      {.certificate = "of-ca-no-cert-sign", .expected = no_authority},
      {.certificate = "of-ca-version-1", .expected = no_authority},
      {.certificate = "of-server", .expected = no_authority},
  };
}

std::vector<certificate_case> weak_ones() {
  return {
      {.certificate = "weak-rsa", .expected = weak_key},
      // libssl could not sign with such a key in a server, nor under TLS 1.3.
      {.certificate = "weak-ec", .expected = weak_key, .key_of = "server"},
      {.certificate = "of-ca-weak-rsa", .expected = weak_key},
      {.certificate = "of-ca-weak-ec", .expected = weak_key},
      {.certificate = "sha1", .expected = weak_signature},
      {.certificate = "md5", .expected = weak_signature, .ca = "ca-rsa.pem"},
      {.certificate = "of-ca-sha1", .expected = weak_signature},
      {.certificate = "of-ca-md5", .expected = weak_signature, .ca = "ca-rsa.pem"},
  };
}

std::vector<certificate_case> of_wrong_use() {
  return {
      {.certificate = "no-server-auth", .by = shown_by::server, .expected = wrong_purpose},
      {.certificate = "client",
       .what = "client as a server",
       .by = shown_by::server,
       .expected = wrong_purpose},
      {.certificate = "server",
       .what = "server as a client",
       .by = shown_by::client,
       .expected = wrong_purpose},
      {.certificate = "mail-only", .expected = wrong_purpose},
      {.certificate = "of-ca-mail-only", .expected = wrong_purpose},
      // In a server of TLS 1.2 libssl does not choose it.
      {.certificate = "no-signing",
       .by = shown_by::server,
       .expected = wrong_purpose,
       .version = shown_in::tls1_3},
      {.certificate = "no-signing", .by = shown_by::client, .expected = wrong_purpose},
      {.certificate = "encipher-only", .expected = wrong_purpose, .ca = "ca-rsa.pem"},
      {.certificate = "unknown-critical", .expected = unknown_extension},
      {.certificate = "of-ca-unknown-critical", .expected = unknown_extension},
      {.certificate = "duplicate-names", .expected = twice, .version = shown_in::tls1_3},
      {.certificate = "duplicate-unknown", .expected = twice},
      {.certificate = "of-ca-duplicate-unknown", .expected = twice},
      {.certificate = "mismatched", .what = "anothers key", .by = shown_by::server, .expected = anothers_key},
      {.certificate = "server-rsa",
       .what = "anothers RSA key",
       .by = shown_by::server,
       .expected = anothers_key,
       .ca = "ca-rsa.pem",
       .key_of = "ca-rsa"},
      {.certificate = "client",
       .what = "anothers key",
       .by = shown_by::client,
       .expected = anothers_key,
       .key_of = "server"},
  };
}

std::vector<certificate_case> of_other_names() {
  std::vector<certificate_case> all = {
      {.certificate = "of-ca-other-names", .expected = not_permitted},
      {.certificate = "of-ca-not-this-name", .expected = not_permitted},
      {.certificate = "of-ca-not-this-name-soft", .expected = not_permitted},
      {.certificate = "of-ca-other-ips", .expected = not_permitted},
      {.certificate = "of-ca-not-this-ip", .expected = not_permitted},
  };
  const auto add = [&all](const std::string& certificate, const std::string& servername) {
    all.push_back({.certificate = certificate,
                   .what = certificate + " as " + servername,
                   .by = shown_by::server,
                   .expected = not_named(servername),
                   .servername = servername});
  };
  add("wrong-name", "localhost");
  add("server", "elsewhere.example");
  add("server", "wild.example");
  add("server", "a.b.wild.example");
  add("server", "127.0.0.2");
  add("cn-only", "localhost");
  add("ip-in-cn", "127.0.0.1");
  add("ip-as-name", "127.0.0.1");
  add("ip-as-name", "::1");
  add("nul-in-name", "localhost");
  add("wildcard-partial", "localhost");
  add("wildcard-partial", "ww.wild.example");
  add("wildcard-wide", "localhost");
  add("wildcard-wide", "x.example");
  add("wildcard-wide", "x.y.example");
  add("wildcard-wide", "www.x.example");
  add("many-other-names", "localhost");
  return all;
}

std::vector<certificate_case> asked_of_lists() {
  return {
      {.certificate = "server", .what = "not on the list", .by = shown_by::server, .crl = "crl.pem"},
      {.certificate = "client", .what = "not on the list", .by = shown_by::client, .crl = "crl.pem"},
      {.certificate = "revoked", .by = shown_by::server, .expected = revoked, .crl = "crl.pem"},
      {.certificate = "client",
       .what = "revoked",
       .by = shown_by::client,
       .expected = revoked,
       .crl = "crl-of-client.pem"},
      {.certificate = "many-names",
       .what = "intermediate revoked",
       .expected = revoked,
       .crl = "crl-of-intermediate.pem"},
      {.certificate = "many-names",
       .what = "list of the intermediate missing",
       .expected = no_crl,
       .crl = "crl-ca.pem"},
      {.certificate = "many-names",
       .what = "list of the root missing",
       .expected = no_crl,
       .crl = "crl-intermediate.pem"},
      {.certificate = "many-names", .what = "list expired", .expected = old_crl, .crl = "crl-expired.pem"},
      {.certificate = "many-names",
       .what = "list not yet valid",
       .expected = early_crl,
       .crl = "crl-not-yet-valid.pem"},
  };
}

}  // namespace

std::string certificate_case::name() const {
  std::string text = what.empty() ? certificate : what;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

bool certificate_case::concerns(role end, bool tls1_3) const noexcept {
  if (version == shown_in::tls1_3 && !tls1_3) return false;
  return by == shown_by::anybody || (by == shown_by::server) == (end == role::client);
}

void PrintTo(const certificate_case& c, std::ostream* out) { *out << c.name(); }

const std::vector<certificate_case>& certificate_cases() {
  static const auto all = [] {
    std::vector<certificate_case> sum;
    for (const auto& group : {good_ones(), of_the_wrong_time(), of_nobody_trusted(), weak_ones(),
                              of_wrong_use(), of_other_names(), asked_of_lists()}) {
      sum.insert(sum.end(), group.begin(), group.end());
    }
    return sum;
  }();
  return all;
}

}  // namespace stls::test
