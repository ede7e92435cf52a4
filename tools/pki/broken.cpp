// Certificates and chains that are broken in every way that a verifier must notice, and those that only look
// so. Each is wrong in one respect, and otherwise good: for localhost as a server, and as a client.
#include "broken.hpp"

#include "rows.hpp"

namespace pki {
namespace {

// An arc for private enterprises which nobody has; 0500 is NULL.
const extension unknown = {"1.3.6.1.4.1.55555.1", "DER:0500"};
const extension unknown_critical = {"1.3.6.1.4.1.55555.1", "critical,DER:0500"};

void add_weak(rows& all) {
  all.leaf("weak-rsa").key = "RSA-1024";
  all.leaf("weak-ec").key = "P-192";
  all.leaf("sha1").digest = "SHA1";
  auto& md5 = all.leaf("md5", "ca-rsa");
  md5.digest = "MD5";
  md5.chain = {};

  all.authority_with_leaf("ca-weak-rsa").key = "RSA-1024";
  all.authority_with_leaf("ca-weak-ec").key = "P-192";
  all.authority_with_leaf("ca-sha1").digest = "SHA1";
  all.authority_with_leaf("ca-md5", "ca-rsa").digest = "MD5";
  // What a root's own signature is worth does not matter: it is trusted without it.
  all.authority_with_leaf("root-sha1", "").digest = "SHA1";
}

void add_extensions(rows& all) {
  all.leaf("mail-only").extended_key_usage = "emailProtection";
  all.leaf("no-signing").key_usage = "critical,keyAgreement";
  auto& encipher_only = all.leaf("encipher-only", "ca-rsa");
  encipher_only.key = "RSA-2048";
  encipher_only.key_usage = "critical,keyEncipherment";
  encipher_only.chain = {};
  auto& sign_only = all.leaf("sign-only", "ca-rsa");
  sign_only.key = "RSA-2048";
  sign_only.chain = {};
  all.leaf("unknown-extension").extensions = {unknown};
  all.leaf("unknown-critical").extensions = {unknown_critical};
  all.leaf("duplicate-names").extensions = {{"subjectAltName", "DNS:localhost"}};
  all.leaf("duplicate-unknown").extensions = {unknown, unknown};

  all.authority_with_leaf("ca-mail-only").extended_key_usage = "emailProtection";
  all.authority_with_leaf("ca-unknown-critical").extensions = {unknown_critical};
  all.authority_with_leaf("ca-duplicate-unknown").extensions = {unknown, unknown};
}

void add_names(rows& all) {
  all.leaf("nul-in-name").names = {std::string("DNS:localhost\0.evil.example", 27)};
  all.leaf("wildcard-partial").names = {"DNS:l*", "DNS:*t", "DNS:local*", "DNS:w*.wild.example",
                                        "DNS:*w.wild.example"};
  all.leaf("wildcard-wide").names = {"DNS:*", "DNS:*.example", "DNS:*.*.example", "DNS:www.*.example"};
  all.leaf("ip-as-name").names = {"DNS:127.0.0.1", "DNS:::1"};
  auto& ip_in_cn = all.leaf("ip-in-cn");
  ip_in_cn.common_name = "127.0.0.1";
  ip_in_cn.names = {};

  names many;
  for (int i = 0; i < 500; ++i) many.push_back("DNS:host" + std::to_string(i) + ".many.example");
  all.leaf("many-other-names").names = many;
  many.insert(many.begin() + 400, "DNS:localhost");
  all.leaf("many-names").names = many;
}

void add_constraints(rows& all) {
  const auto constrain = [&all](const std::string& name, const std::string& constraints) {
    all.authority_with_leaf(name).extensions = {{"nameConstraints", constraints}};
  };
  constrain("ca-own-names",
            "critical,permitted;DNS:localhost,permitted;DNS:test.example,"
            "permitted;DNS:wild.example,permitted;IP:127.0.0.1/255.255.255.255,"
            "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,excluded;DNS:evil.example");
  constrain("ca-other-names", "critical,permitted;DNS:other.example");
  constrain("ca-not-this-name", "critical,excluded;DNS:test.example");
  constrain("ca-not-this-name-soft", "excluded;DNS:test.example");
  constrain("ca-other-ips", "critical,permitted;IP:10.0.0.0/255.0.0.0");
  constrain("ca-not-this-ip", "critical,excluded;IP:127.0.0.0/255.0.0.0");
}

void add_authorities(rows& all) {
  all.leaf("no-intermediate").chain = {};
  all.leaf("untrusted-with-root", "ca2");
  all.leaf("bad-signature").flipped_signature = true;
  all.authority_with_leaf("ca-expired").valid = expired;
  all.authority_with_leaf("ca-not-yet-valid").valid = not_yet_valid;
  all.authority_with_leaf("ca-bad-signature").flipped_signature = true;
  all.authority_with_leaf("ca-without-constraints").basic_constraints = {};
  all.authority_with_leaf("ca-false").basic_constraints = "critical,CA:FALSE";
  all.authority_with_leaf("ca-no-cert-sign").key_usage = "critical,digitalSignature,cRLSign";
  all.authority_with_leaf("ca-version-1").version = 1;
  all.leaf("of-server", "server").chain = {"server", "intermediate"};
  // The intermediate allows no authority below itself.
  all.authority("ca-too-deep", "intermediate");
  all.leaf("of-ca-too-deep", "ca-too-deep").chain = {"ca-too-deep", "intermediate"};
  all.leaf("serial-negative").serial = "-123456789";
  all.leaf("serial-zero").serial = "0";
}

// The same name and key under several issuers: `cross-root` is a root by itself, and known to `ca` and to a
// root of old.
void add_crosses(rows& all) {
  auto& root = all.authority("cross-root", "");
  root.common_name = "stls test cross";
  auto& of_ca = all.authority("cross-of-ca");
  of_ca.common_name = "stls test cross";
  of_ca.key_of = "cross-root";
  auto& old = all.authority("old-root", "");
  old.valid = expired;
  auto& of_old = all.authority("cross-of-old", "old-root");
  of_old.common_name = "stls test cross";
  of_old.key_of = "cross-root";
  all.leaf("crossed", "cross-root").chain = {"cross-of-ca"};
  all.leaf("crossed-old", "cross-root").chain = {"cross-of-old", "old-root"};
}

// Two authorities that vouch for each other, and nobody else for them.
void add_loop(rows& all) {
  all.authority("loop-a", "loop-b");
  all.authority("loop-b", "loop-a");
  all.leaf("looping", "loop-a").chain = {"loop-a", "loop-b", "loop-a", "loop-b"};
}

// 20 certificates below the root.
void add_deep(rows& all) {
  constexpr int intermediates = 19;
  names chain;
  std::string above = "ca";
  for (int i = 1; i <= intermediates; ++i) {
    const std::string name = "deep-" + std::to_string(i);
    all.authority(name, above);
    chain.insert(chain.begin(), name);
    above = name;
  }
  all.leaf("deep", above).chain = chain;
}

}  // namespace

std::vector<cert_spec> broken_certs() {
  rows all;
  add_weak(all);
  add_extensions(all);
  add_names(all);
  add_constraints(all);
  add_authorities(all);
  add_crosses(all);
  add_loop(all);
  add_deep(all);
  return all.all();
}

}  // namespace pki
