#include "issuer.hpp"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <charconv>
#include <utility>

#include "failure.hpp"

namespace pki {
namespace {

using bytes = std::vector<unsigned char>;

using key_ctx_ptr = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using bignum_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using integer_ptr = std::unique_ptr<ASN1_INTEGER, freed_by<ASN1_INTEGER_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;
using name_ptr = std::unique_ptr<X509_NAME, freed_by<X509_NAME_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using revoked_ptr = std::unique_ptr<X509_REVOKED, freed_by<X509_REVOKED_free>>;

// OPENSSL_free is a macro.
void libcrypto_free(void* memory) noexcept { OPENSSL_free(memory); }

// libcrypto answers 1, or a length, or a pointer where all went well.
void require(bool went_well, const std::string& what) {
  if (went_well) return;
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  std::string sentence = "cannot ";
  sentence += what;
  sentence += ": ";
  sentence += reason != nullptr ? reason : "unknown error of libcrypto";
  throw failure(sentence);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  out += text;
  out += "'";
  return out;
}

// Extensions that the table gives as names and bytes are written here rather than by libcrypto, which would
// refuse or mend the very faults that a test wants.
enum class tag : unsigned char {
  octet_string = 0x04,
  sequence = 0x30,
  key_identifier = 0x80,  // AuthorityKeyIdentifier, RFC 5280 section 4.2.1.1
  email = 0x81,           // GeneralName, RFC 5280 section 4.2.1.6, as the next ones
  dns = 0x82,
  uri = 0x86,
  ip = 0x87,
};

bytes der(tag type, const bytes& content) {
  const std::size_t size = content.size();
  bytes out = {static_cast<unsigned char>(type)};
  if (size < 0x80) {
    out.push_back(static_cast<unsigned char>(size));
  } else {
    unsigned int octets = 1;
    while (size >> (8 * octets) != 0) ++octets;
    out.push_back(static_cast<unsigned char>(0x80 | octets));
    while (octets-- > 0) out.push_back(static_cast<unsigned char>(size >> (8 * octets) & 0xff));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

bytes ip_address(const std::string& text) {
  std::array<unsigned char, 16> address = {};
  if (inet_pton(AF_INET, text.c_str(), address.data()) == 1) return {address.begin(), address.begin() + 4};
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return {address.begin(), address.end()};
  throw failure(quoted(text) + " is not an IP address");
}

bytes general_name(const std::string& text) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto value = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  const bytes raw(value.begin(), value.end());
  if (kind == "DNS") return der(tag::dns, raw);
  if (kind == "email") return der(tag::email, raw);
  if (kind == "URI") return der(tag::uri, raw);
  if (kind == "IP") return der(tag::ip, ip_address(value));
  throw failure(quoted(text) + " is not a name that starts with DNS:, IP:, email: or URI:");
}

bytes subject_alt_name(const std::vector<std::string>& names) {
  bytes list;
  for (const auto& name : names) {
    const auto one = general_name(name);
    list.insert(list.end(), one.begin(), one.end());
  }
  return der(tag::sequence, list);
}

std::string as_config_value(const bytes& raw) {
  std::string out = "DER:";
  for (const unsigned char byte : raw) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

extension_ptr make_extension(const extension& spec) {
  X509V3_CTX context = {};
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  extension_ptr made(X509V3_EXT_nconf(nullptr, &context, spec.name.c_str(), spec.value.c_str()));
  require(made != nullptr, "make the extension " + spec.name + " = " + spec.value);
  return made;
}

void add(X509* cert, const extension& spec) {
  if (spec.value.empty()) return;
  require(X509_add_ext(cert, make_extension(spec).get(), -1) == 1, "add the extension " + spec.name);
}

void add(X509_CRL* crl, const extension& spec) {
  require(X509_CRL_add_ext(crl, make_extension(spec).get(), -1) == 1, "add the extension " + spec.name);
}

integer_ptr as_integer(const bytes& big_endian) {
  const bignum_ptr number(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  require(number != nullptr, "make a number");
  integer_ptr out(BN_to_ASN1_INTEGER(number.get(), nullptr));
  require(out != nullptr, "make a number");
  return out;
}

// 16 random bytes of which the first is neither zero nor negative, so that the DER has 16 bytes too.
integer_ptr random_serial() {
  bytes raw(16);
  require(RAND_bytes(raw.data(), static_cast<int>(raw.size())) == 1, "get random bytes");
  raw[0] = static_cast<unsigned char>((raw[0] & 0x7f) | 0x40);
  return as_integer(raw);
}

integer_ptr serial_number(const std::string& decimal) {
  if (decimal.empty()) return random_serial();
  BIGNUM* parsed = nullptr;
  const bool all = BN_dec2bn(&parsed, decimal.c_str()) == static_cast<int>(decimal.size());
  const bignum_ptr number(parsed);
  require(all, "use the serial number " + quoted(decimal));
  integer_ptr out(BN_to_ASN1_INTEGER(number.get(), nullptr));
  require(out != nullptr, "make a number");
  return out;
}

// The signature is what a certificate ends with.
cert_ptr with_flipped_signature(X509* cert) {
  unsigned char* raw = nullptr;
  const int size = i2d_X509(cert, &raw);
  require(size > 0, "encode a certificate");
  const std::unique_ptr<unsigned char, freed_by<libcrypto_free>> owner(raw);
  raw[size - 1] ^= 1;
  const unsigned char* from = raw;
  cert_ptr out(d2i_X509(nullptr, &from, size));
  require(out != nullptr, "read a certificate");
  return out;
}

name_ptr subject_name(const std::string& common_name) {
  name_ptr name(X509_NAME_new());
  require(name != nullptr, "make a name");
  if (common_name.empty()) return name;
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  require(X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8, text,
                                     static_cast<int>(common_name.size()), -1, 0) == 1,
          "use the common name " + quoted(common_name));
  return name;
}

const EVP_MD* signature_digest(const std::string& name, const EVP_PKEY* key) {
  const int key_type = EVP_PKEY_id(key);
  if (key_type == EVP_PKEY_ED25519) return nullptr;  // it brings its own
  const EVP_MD* digest = EVP_get_digestbyname(name.c_str());
  require(digest != nullptr, "find the digest " + quoted(name));
  int signature = NID_undef;
  if (OBJ_find_sigid_by_algs(&signature, EVP_MD_type(digest), key_type) != 1) {
    throw failure("no signature has the digest " + quoted(name) + " and a key of type " +
                  OBJ_nid2sn(key_type));
  }
  return digest;
}

int curve_nid(const std::string& name) {
  const int nist = EC_curve_nist2nid(name.c_str());
  return nist != NID_undef ? nist : OBJ_sn2nid(name.c_str());
}

}  // namespace

key_ptr make_key(const std::string& type) {
  constexpr std::string_view rsa = "RSA-";
  const bool is_rsa = type.starts_with(rsa);
  const int kind = is_rsa ? EVP_PKEY_RSA : type == "ED25519" ? EVP_PKEY_ED25519 : EVP_PKEY_EC;
  const auto what = "make a key of type " + quoted(type);

  const key_ctx_ptr context(EVP_PKEY_CTX_new_id(kind, nullptr));
  require(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1, what);
  if (is_rsa) {
    int bits = 0;
    const char* const last = type.data() + type.size();
    const auto read = std::from_chars(type.data() + rsa.size(), last, bits);
    if (read.ec != std::errc() || read.ptr != last) throw failure("'RSA-' without bits in " + quoted(type));
    require(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1, what);
  } else if (kind == EVP_PKEY_EC) {
    require(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), curve_nid(type)) == 1, what);
  }
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_keygen(context.get(), &key) == 1, what);
  return {key, EVP_PKEY_free};
}

issuer::issuer(const std::vector<cert_spec>& rows, std::time_t now, int days) : now_(now), days_(days) {
  // Keys first, since a row may borrow the key of any other row.
  for (const auto& row : rows) {
    auto& one = made_[row.name];
    if (one.key != nullptr || !one.spec.name.empty()) throw failure("two rows are named " + quoted(row.name));
    one.spec = row;
    if (row.key_of.empty()) one.key = make_key(row.key);
  }
  // Then subjects and public keys, which is all that a signature needs to know of its issuer.
  for (auto& [name, one] : made_) {
    if (!one.spec.key_of.empty()) one.key = at(one.spec.key_of).key;
    if (one.key == nullptr) throw failure(quoted(name) + " borrows a key from a row that borrows its own");
    one.cert.reset(X509_new());
    const auto what = "prepare the certificate " + quoted(name);
    require(one.cert != nullptr, what);
    require(X509_set_subject_name(one.cert.get(), subject_name(one.spec.common_name).get()) == 1, what);
    require(X509_set_pubkey(one.cert.get(), one.key.get()) == 1, what);
  }
  for (auto& [name, one] : made_) sign(one);
}

const issued& issuer::at(const std::string& name) const {
  const auto found = made_.find(name);
  if (found == made_.end()) throw failure("no row of the table is named " + quoted(name));
  return found->second;
}

void issuer::sign(issued& one) const {
  const auto& spec = one.spec;
  const auto& parent = spec.issuer.empty() ? one : at(spec.issuer);
  X509* const cert = one.cert.get();
  const auto what = "fill the certificate " + quoted(spec.name);

  require(X509_set_version(cert, spec.version - 1) == 1, what);  // 2 means version 3
  require(X509_set_serialNumber(cert, serial_number(spec.serial).get()) == 1, what);
  require(X509_set_issuer_name(cert, X509_get_subject_name(parent.cert.get())) == 1, what);
  std::time_t now = now_;  // libcrypto wants a pointer to a mutable one
  require(X509_time_adj_ex(X509_getm_notBefore(cert), spec.valid.from_days, 0, &now) != nullptr, what);
  require(X509_time_adj_ex(X509_getm_notAfter(cert), last_day(spec.valid), 0, &now) != nullptr, what);

  if (spec.version == 3) add_extensions(one, parent);

  require(X509_sign(cert, parent.key.get(), signature_digest(spec.digest, parent.key.get())) > 0,
          "sign the certificate " + quoted(spec.name));
  if (spec.flipped_signature) one.cert = with_flipped_signature(cert);
}

void issuer::add_extensions(const issued& one, const issued& parent) const {
  const auto& spec = one.spec;
  X509* const cert = one.cert.get();
  add(cert, {"basicConstraints", spec.basic_constraints});
  add(cert, {"keyUsage", spec.key_usage});
  add(cert, {"extendedKeyUsage", spec.extended_key_usage});
  add(cert, {"subjectKeyIdentifier", as_config_value(der(tag::octet_string, key_id(one)))});
  add(cert, {"authorityKeyIdentifier",
             as_config_value(der(tag::sequence, der(tag::key_identifier, key_id(parent))))});
  if (!spec.names.empty()) add(cert, {"subjectAltName", as_config_value(subject_alt_name(spec.names))});
  for (const auto& further : spec.extensions) add(cert, further);
}

crl_ptr issuer::make_crl(const crl_spec& spec) const {
  const auto& parent = at(spec.issuer);
  const auto what = "make the CRL of " + quoted(spec.issuer);
  crl_ptr crl(X509_CRL_new());
  require(crl != nullptr, what);

  std::time_t now = now_;
  const time_ptr from(X509_time_adj_ex(nullptr, spec.valid.from_days, 0, &now));
  const time_ptr until(X509_time_adj_ex(nullptr, last_day(spec.valid), 0, &now));
  require(from != nullptr && until != nullptr, what);
  require(X509_CRL_set_version(crl.get(), 1) == 1, what);  // 1 means version 2
  require(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(parent.cert.get())) == 1, what);
  require(X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1, what);
  require(X509_CRL_set1_nextUpdate(crl.get(), until.get()) == 1, what);

  for (const auto& name : spec.revoked) {
    revoked_ptr entry(X509_REVOKED_new());
    require(entry != nullptr, what);
    require(X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(at(name).cert.get())) == 1,
            what);
    require(X509_REVOKED_set_revocationDate(entry.get(), from.get()) == 1, what);
    require(X509_CRL_add0_revoked(crl.get(), entry.get()) == 1, what);
    static_cast<void>(entry.release());  // the CRL owns it now
  }
  require(X509_CRL_sort(crl.get()) == 1, what);

  add(crl.get(), {"authorityKeyIdentifier",
                  as_config_value(der(tag::sequence, der(tag::key_identifier, key_id(parent))))});
  const auto number = as_integer({1});
  require(X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, 0) == 1, what);
  require(X509_CRL_sign(crl.get(), parent.key.get(), signature_digest(spec.digest, parent.key.get())) > 0,
          what);
  return crl;
}

std::string issuer::dates(const cert_spec& spec) const {
  const auto day = [this](int offset) {
    const std::time_t moment = now_ + std::time_t{offset} * 24 * 60 * 60;
    std::tm utc = {};
    gmtime_r(&moment, &utc);
    std::array<char, 16> text = {};
    std::strftime(text.data(), text.size(), "%Y-%m-%d", &utc);
    return std::string(text.data());
  };
  return day(spec.valid.from_days) + " to " + day(last_day(spec.valid));
}

// SHA-1 of the public key's bits: RFC 5280 section 4.2.1.2, method 1.
std::vector<unsigned char> issuer::key_id(const issued& one) const {
  bytes id(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  require(X509_pubkey_digest(one.cert.get(), EVP_sha1(), id.data(), &size) == 1,
          "identify the key of " + quoted(one.spec.name));
  id.resize(size);
  return id;
}

int issuer::last_day(const validity& valid) const {
  return valid.until_days.value_or(valid.from_days + days_);
}

}  // namespace pki
