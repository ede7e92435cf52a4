#include "support/path_certificates.hpp"

#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pki/issuer.hpp"
#include "support/der_writer.hpp"
#include "support/path_trial.hpp"

namespace stls::test {
namespace {

constexpr pki::validity expired{-730, -365};
constexpr pki::validity not_yet{365, 730};

// maker has the rows of this file's PKI. A row is a leaf for localhost, signed by `root`, where nothing else
// is said.
class maker {
 public:
  maker();

  [[nodiscard]] bytes der(const std::string& name) const {
    const auto found = edited_.find(name);
    return found != edited_.end() ? found->second : encode(made_->at(name).cert.get());
  }

 private:
  using edit = std::function<void(X509*)>;

  pki::cert_spec& leaf(const std::string& name, const std::string& issuer = "ca") {
    return add({.name = name,
                .issuer = issuer,
                .common_name = name,
                .names = {"DNS:localhost", "IP:127.0.0.1"},
                .extended_key_usage = "serverAuth"});
  }
  pki::cert_spec& ca(const std::string& name, const std::string& issuer = "root") {
    return add({.name = name,
                .issuer = issuer,
                .common_name = name,
                .basic_constraints = "critical,CA:TRUE",
                .key_usage = "critical,keyCertSign,cRLSign"});
  }
  // ca_with_leaf adds NAME and of-NAME.
  pki::cert_spec& ca_with_leaf(const std::string& name, const std::string& issuer = "root") {
    leaf("of-" + name, name);
    return ca(name, issuer);
  }
  pki::cert_spec& add(pki::cert_spec row) {
    rows_.push_back(std::move(row));
    return rows_.back();
  }

  // change edits a certificate and signs it again.
  void change(const std::string& name, const std::string& issuer, const edit& how) {
    const std::unique_ptr<X509, decltype(&X509_free)> copy(X509_dup(made_->at(name).cert.get()), X509_free);
    how(copy.get());
    X509_sign(copy.get(), made_->at(issuer).key.get(), EVP_sha256());
    edited_[name] = encode(copy.get());
  }
  static bytes encode(X509* certificate) {
    unsigned char* out = nullptr;
    const int size = i2d_X509(certificate, &out);
    const auto* begin = reinterpret_cast<const std::byte*>(out);
    bytes der(begin, begin + size);
    OPENSSL_free(out);
    return der;
  }

  void add_authorities();
  void add_leaves();
  void add_constraints();
  void edit_all();

  std::vector<pki::cert_spec> rows_;
  std::unique_ptr<pki::issuer> made_;
  std::map<std::string, bytes> edited_;
};

void remove_extension(X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  if (at >= 0) X509_EXTENSION_free(X509_delete_ext(certificate, at));
}

// put_extension puts one with these octets in the place of another.
void put_extension(X509* certificate, int nid, const bytes& value, int critical = 0) {
  remove_extension(certificate, nid);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, nid, critical, octets);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
}

void make_version_1(X509* certificate) {
  X509_set_version(certificate, 0);
  while (X509_get_ext_count(certificate) > 0) X509_EXTENSION_free(X509_delete_ext(certificate, 0));
}

void maker::add_authorities() {
  rows_.reserve(300);  // references to rows must stay good
  ca("root", "");
  ca("root2", "");
  ca_with_leaf("ca");
  ca_with_leaf("ca-of-root2", "root2");
  ca_with_leaf("root-p384", "").key = "P-384";
  ca_with_leaf("root-p521", "").key = "P-521";
  ca_with_leaf("root-rsa", "").key = "RSA-2048";
  ca_with_leaf("root-ed25519", "").key = "ED25519";
  ca_with_leaf("root-expired", "").valid = expired;
  ca_with_leaf("root-sha1", "").digest = "SHA1";
  ca_with_leaf("root-no-constraints", "").basic_constraints = "";
  auto& nothing = ca_with_leaf("root-nothing", "");
  nothing.basic_constraints = "";
  nothing.key_usage = "";
  ca_with_leaf("root-v1", "");
  ca_with_leaf("root-for-mail", "").extended_key_usage = "emailProtection";
  ca_with_leaf("root-limited", "").extensions = {{"nameConstraints", "permitted;DNS:other.example"}};
  ca_with_leaf("ca-v1");
  ca_with_leaf("ca-expired").valid = expired;
  ca_with_leaf("ca-early").valid = not_yet;
  ca_with_leaf("ca-weak-rsa").key = "RSA-1024";
  ca_with_leaf("ca-sha1").digest = "SHA1";
  ca_with_leaf("ca-md5", "root-rsa").digest = "MD5";
  ca_with_leaf("ca-for-mail").extended_key_usage = "emailProtection";
  ca_with_leaf("ca-for-clients").extended_key_usage = "clientAuth";
  ca_with_leaf("ca-any-usage").extended_key_usage = "anyExtendedKeyUsage";
  ca_with_leaf("ca-no-constraints").basic_constraints = "";
  ca_with_leaf("ca-false").basic_constraints = "critical,CA:FALSE";
  ca_with_leaf("ca-no-sign").key_usage = "critical,digitalSignature,cRLSign";
  ca_with_leaf("ca-no-usage").key_usage = "";
  ca_with_leaf("ca-unknown").extensions = {{"1.3.6.1.4.1.55555.1", "critical,DER:0500"}};
  ca_with_leaf("ca-bad-constraints").basic_constraints = "DER:30030101";
  ca_with_leaf("ca-forged");
  ca_with_leaf("ca-critical-key-id");
  leaf("of-leaf", "plain");

  // Path lengths. A certificate that is issued to its own name does not count.
  ca("top", "root").basic_constraints = "critical,CA:TRUE,pathlen:1";
  ca("middle", "top");
  auto& renewed = ca("middle-renewed", "middle");
  renewed.common_name = "middle";
  ca("bottom", "middle");
  ca("bottom-of-renewed", "middle-renewed");
  leaf("of-middle", "middle");
  leaf("of-middle-renewed", "middle-renewed");
  leaf("of-bottom", "bottom");
  leaf("of-bottom-of-renewed", "bottom-of-renewed");

  // The same name and key, signed by several.
  for (const std::string issuer : {"root", "root2"}) {
    auto& crossed = ca("cross-of-" + issuer, issuer);
    crossed.common_name = "cross";
    if (issuer != "root") crossed.key_of = "cross-of-root";
  }
  leaf("of-cross", "cross-of-root");
  leaf("early-of-cross", "cross-of-root").valid = not_yet;
  auto& outlived = ca("cross-expired", "root");
  outlived.common_name = "cross";
  outlived.key_of = "cross-of-root";
  outlived.valid = expired;
  ca("loop-a", "loop-b");
  ca("loop-b", "loop-a");
  leaf("of-loop", "loop-a");
}

void maker::add_leaves() {
  leaf("plain", "root");
  leaf("client", "root").extended_key_usage = "clientAuth";
  leaf("no-usages", "root").extended_key_usage = "";
  leaf("any-usage", "root").extended_key_usage = "anyExtendedKeyUsage";
  leaf("signs-certificates-only", "root").key_usage = "critical,keyCertSign";
  leaf("enciphers-only", "root").key_usage = "critical,keyEncipherment";
  auto& enciphering = leaf("enciphers-only-client", "root");
  enciphering.key_usage = "critical,keyEncipherment";
  enciphering.extended_key_usage = "clientAuth";
  leaf("expired", "root").valid = expired;
  leaf("early", "root").valid = not_yet;
  leaf("weak-rsa", "root").key = "RSA-1024";
  leaf("weak-ec", "root").key = "P-192";
  leaf("p224", "root").key = "P-224";
  leaf("sha1", "root").digest = "SHA1";
  leaf("sha224", "root").digest = "SHA224";
  leaf("md5", "root-rsa").digest = "MD5";
  leaf("unknown", "root").extensions = {{"1.3.6.1.4.1.55555.1", "DER:0500"}};
  leaf("unknown-critical", "root").extensions = {{"1.3.6.1.4.1.55555.1", "critical,DER:0500"}};
  auto& proxy = leaf("proxy", "root");
  proxy.names = {};
  proxy.extensions = {{"1.3.6.1.5.5.7.1.14", "critical,DER:300c300a06082b06010505071501"}};
  leaf("old-client", "root").extensions = {{"nsCertType", "client"}};
  leaf("old-server-critical", "root").extensions = {{"nsCertType", "critical,server"}};
  leaf("old-server", "root").extensions = {{"nsCertType", "server"}};
  leaf("length-without-ca", "root").basic_constraints = "DER:3003020100";
  leaf("bad-usage", "root").key_usage = "DER:0500";
  leaf("self-signed", "");
  leaf("self-signed-twin", "").common_name = "self-signed";
  leaf("forged", "root");
  leaf("no-key-id", "root");
  leaf("other-key-id", "root");
  leaf("other-serial", "root");
  leaf("issuers-issuer", "root");
  leaf("other-issuers-issuer", "root");
  leaf("pss", "root-rsa");
}

void maker::add_constraints() {
  const auto limit = [this](const std::string& name, const std::string& constraints) {
    ca_with_leaf(name).extensions = {{"nameConstraints", constraints}};
  };
  limit("ca-own-names", "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0");
  limit("ca-other-names", "critical,permitted;DNS:other.example");
  limit("ca-not-this-name", "excluded;DNS:localhost");
  limit("ca-other-ips", "critical,permitted;IP:10.0.0.0/255.0.0.0");
  limit("ca-not-this-ip", "critical,excluded;IP:127.0.0.0/255.0.0.0");
  limit("ca-broken-mask", "critical,permitted;IP:127.0.0.1/255.0.255.0");
  limit("ca-other-mail", "critical,permitted;email:example.org");
  limit("ca-rid", "critical,permitted;RID:1.2.3.4");
  // Only the leaf is in the tree, whose name differs in case and blanks.
  const auto tree = [](std::string_view common_name) {
    const bytes name = sequence({attribute("550403", 0x0c, common_name)});
    return "critical,DER:" + to_hex(sequence({tlv(0xa0, {sequence({tlv(0xa4, {name})})})}));
  };
  limit("ca-own-tree", tree(" OF-CA-OWN-TREE "));
  limit("ca-other-tree", tree("of-ca-own-tree"));
  // An authority is not bound by itself when it is renewed.
  limit("ca-renewing", tree("of-ca-renewed"));
  auto& renewed = ca_with_leaf("ca-renewed", "ca-renewing");
  renewed.common_name = "ca-renewing";
  const bytes bounded =
      sequence({tlv(0xa0, {sequence({tlv(0x82, "localhost"), tlv(0x81, {from_hex("05")})})})});
  limit("ca-with-maximum", "critical,DER:" + to_hex(bounded));
  ca("ca-below", "ca-other-names");
  ca_with_leaf("ca-allowing", "ca-other-names").extensions = {
      {"nameConstraints", "critical,permitted;DNS:localhost"}};
  leaf("of-ca-below", "ca-below");
  leaf("mail", "ca-other-mail").names = {"DNS:localhost", "email:a@example.com"};
  leaf("good-mail", "ca-other-mail").names = {"DNS:localhost", "email:a@example.org"};
  auto& cn = leaf("name-in-cn", "ca-other-names");
  cn.common_name = "www.bad.example";
  cn.names = {"IP:127.0.0.1"};
  leaf("wildcard", "ca-not-www").names = {"DNS:*.example.org"};
  limit("ca-not-www", "critical,excluded;DNS:www.example.org");
}

void maker::edit_all() {
  change("root-v1", "root-v1", make_version_1);
  change("ca-v1", "root", make_version_1);
  change("no-key-id", "root", [](X509* c) { remove_extension(c, NID_authority_key_identifier); });
  change("other-key-id", "root",
         [](X509* c) { put_extension(c, NID_authority_key_identifier, sequence({tlv(0x80, "another")})); });
  change("other-serial", "root", [](X509* c) {
    put_extension(c, NID_authority_key_identifier, sequence({tlv(0x82, {from_hex("01")})}));
  });
  const auto name_issuers_issuer = [this](const std::string& name, std::string_view common_name) {
    const bytes dn = sequence({attribute("550403", 0x0c, common_name)});
    change(name, "root", [&](X509* c) {
      put_extension(c, NID_authority_key_identifier, sequence({tlv(0xa1, {tlv(0xa4, {dn})})}));
    });
  };
  name_issuers_issuer("issuers-issuer", "ROOT");
  name_issuers_issuer("other-issuers-issuer", "root2");
  change("ca-critical-key-id", "root", [](X509* c) {
    put_extension(c, NID_subject_key_identifier, tlv(0x04, "id"), 1);
    remove_extension(c, NID_authority_key_identifier);
  });
  change("of-ca-critical-key-id", "ca-critical-key-id",
         [](X509* c) { remove_extension(c, NID_authority_key_identifier); });
  for (const std::string name : {"forged", "ca-forged"}) {
    bytes broken = der(name);
    broken.back() ^= std::byte{1};
    edited_[name] = broken;
  }
  const std::unique_ptr<X509, decltype(&X509_free)> pss(X509_dup(made_->at("pss").cert.get()), X509_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* key = nullptr;
  EVP_DigestSignInit(ctx.get(), &key, EVP_sha384(), nullptr, made_->at("root-rsa").key.get());
  EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING);
  EVP_PKEY_CTX_set_rsa_pss_saltlen(key, 48);
  X509_sign_ctx(pss.get(), ctx.get());
  edited_["pss"] = encode(pss.get());
}

maker::maker() {
  add_authorities();
  add_leaves();
  add_constraints();
  made_ = std::make_unique<pki::issuer>(rows_, std::chrono::system_clock::to_time_t(system_time()), 30);
  edit_all();
}

}  // namespace

bytes path_certificate(const std::string& name) {
  static const maker all;
  return all.der(name);
}

}  // namespace stls::test
