// Distinguished names as text.
#include "x509/distinguished_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "x509/attribute_reader.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::size_t oneline_limit = std::size_t{1} << 20;  // as in X509_NAME_oneline
constexpr std::size_t oid_octets_limit = 586;                // 128 arcs of 32 bits (RFC 2578 section 3.5)
constexpr std::size_t oid_text_limit = 79;                   // what X509_NAME_oneline has room for

struct attribute_name {
  std::string_view oid;
  std::string_view name;
};

// The short names that libcrypto has for attribute types: X.520, RFC 4524, PKCS #9, the EV guidelines, and
// Russia's. In the order of their bytes as text.
constexpr std::array<attribute_name, 125> attribute_names{{
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"0.9.2342.19200300.100.1.10", "manager"},
    {"0.9.2342.19200300.100.1.11", "documentIdentifier"},
    {"0.9.2342.19200300.100.1.12", "documentTitle"},
    {"0.9.2342.19200300.100.1.13", "documentVersion"},
    {"0.9.2342.19200300.100.1.14", "documentAuthor"},
    {"0.9.2342.19200300.100.1.15", "documentLocation"},
    {"0.9.2342.19200300.100.1.2", "textEncodedORAddress"},
    {"0.9.2342.19200300.100.1.20", "homeTelephoneNumber"},
    {"0.9.2342.19200300.100.1.21", "secretary"},
    {"0.9.2342.19200300.100.1.22", "otherMailbox"},
    {"0.9.2342.19200300.100.1.23", "lastModifiedTime"},
    {"0.9.2342.19200300.100.1.24", "lastModifiedBy"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"0.9.2342.19200300.100.1.26", "aRecord"},
    {"0.9.2342.19200300.100.1.27", "pilotAttributeType27"},
    {"0.9.2342.19200300.100.1.28", "mXRecord"},
    {"0.9.2342.19200300.100.1.29", "nSRecord"},
    {"0.9.2342.19200300.100.1.3", "mail"},
    {"0.9.2342.19200300.100.1.30", "sOARecord"},
    {"0.9.2342.19200300.100.1.31", "cNAMERecord"},
    {"0.9.2342.19200300.100.1.37", "associatedDomain"},
    {"0.9.2342.19200300.100.1.38", "associatedName"},
    {"0.9.2342.19200300.100.1.39", "homePostalAddress"},
    {"0.9.2342.19200300.100.1.4", "info"},
    {"0.9.2342.19200300.100.1.40", "personalTitle"},
    {"0.9.2342.19200300.100.1.41", "mobileTelephoneNumber"},
    {"0.9.2342.19200300.100.1.42", "pagerTelephoneNumber"},
    {"0.9.2342.19200300.100.1.43", "friendlyCountryName"},
    {"0.9.2342.19200300.100.1.44", "uid"},
    {"0.9.2342.19200300.100.1.45", "organizationalStatus"},
    {"0.9.2342.19200300.100.1.46", "janetMailbox"},
    {"0.9.2342.19200300.100.1.47", "mailPreferenceOption"},
    {"0.9.2342.19200300.100.1.48", "buildingName"},
    {"0.9.2342.19200300.100.1.49", "dSAQuality"},
    {"0.9.2342.19200300.100.1.5", "favouriteDrink"},
    {"0.9.2342.19200300.100.1.50", "singleLevelQuality"},
    {"0.9.2342.19200300.100.1.51", "subtreeMinimumQuality"},
    {"0.9.2342.19200300.100.1.52", "subtreeMaximumQuality"},
    {"0.9.2342.19200300.100.1.53", "personalSignature"},
    {"0.9.2342.19200300.100.1.54", "dITRedirect"},
    {"0.9.2342.19200300.100.1.55", "audio"},
    {"0.9.2342.19200300.100.1.56", "documentPublisher"},
    {"0.9.2342.19200300.100.1.6", "roomNumber"},
    {"0.9.2342.19200300.100.1.7", "photo"},
    {"0.9.2342.19200300.100.1.8", "userClass"},
    {"0.9.2342.19200300.100.1.9", "host"},
    {"1.2.643.100.1", "OGRN"},
    {"1.2.643.100.3", "SNILS"},
    {"1.2.643.100.5", "OGRNIP"},
    {"1.2.643.3.131.1.1", "INN"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
    {"1.2.840.113549.1.9.14", "extReq"},
    {"1.2.840.113549.1.9.15", "SMIME-CAPS"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.2.840.113549.1.9.20", "friendlyName"},
    {"1.2.840.113549.1.9.21", "localKeyID"},
    {"1.2.840.113549.1.9.3", "contentType"},
    {"1.2.840.113549.1.9.4", "messageDigest"},
    {"1.2.840.113549.1.9.5", "signingTime"},
    {"1.2.840.113549.1.9.6", "countersignature"},
    {"1.2.840.113549.1.9.7", "challengePassword"},
    {"1.2.840.113549.1.9.8", "unstructuredAddress"},
    {"1.2.840.113549.1.9.9", "extendedCertificateAttributes"},
    {"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
    {"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
    {"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
    {"2.5.4.10", "O"},
    {"2.5.4.100", "dnsName"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.14", "searchGuide"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.16", "postalAddress"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.18", "postOfficeBox"},
    {"2.5.4.19", "physicalDeliveryOfficeName"},
    {"2.5.4.20", "telephoneNumber"},
    {"2.5.4.21", "telexNumber"},
    {"2.5.4.22", "teletexTerminalIdentifier"},
    {"2.5.4.23", "facsimileTelephoneNumber"},
    {"2.5.4.24", "x121Address"},
    {"2.5.4.25", "internationaliSDNNumber"},
    {"2.5.4.26", "registeredAddress"},
    {"2.5.4.27", "destinationIndicator"},
    {"2.5.4.28", "preferredDeliveryMethod"},
    {"2.5.4.29", "presentationAddress"},
    {"2.5.4.3", "CN"},
    {"2.5.4.30", "supportedApplicationContext"},
    {"2.5.4.31", "member"},
    {"2.5.4.32", "owner"},
    {"2.5.4.33", "roleOccupant"},
    {"2.5.4.34", "seeAlso"},
    {"2.5.4.35", "userPassword"},
    {"2.5.4.36", "userCertificate"},
    {"2.5.4.37", "cACertificate"},
    {"2.5.4.38", "authorityRevocationList"},
    {"2.5.4.39", "certificateRevocationList"},
    {"2.5.4.4", "SN"},
    {"2.5.4.40", "crossCertificatePair"},
    {"2.5.4.41", "name"},
    {"2.5.4.42", "GN"},
    {"2.5.4.43", "initials"},
    {"2.5.4.44", "generationQualifier"},
    {"2.5.4.45", "x500UniqueIdentifier"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.47", "enhancedSearchGuide"},
    {"2.5.4.48", "protocolInformation"},
    {"2.5.4.49", "distinguishedName"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.50", "uniqueMember"},
    {"2.5.4.51", "houseIdentifier"},
    {"2.5.4.52", "supportedAlgorithms"},
    {"2.5.4.53", "deltaRevocationList"},
    {"2.5.4.54", "dmdName"},
    {"2.5.4.6", "C"},
    {"2.5.4.65", "pseudonym"},
    {"2.5.4.7", "L"},
    {"2.5.4.72", "role"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "street"},
    {"2.5.4.97", "organizationIdentifier"},
    {"2.5.4.98", "c3"},
    {"2.5.4.99", "n3"},
}};
constexpr bool by_oid(const attribute_name& a, const attribute_name& b) noexcept { return a.oid < b.oid; }
static_assert(std::is_sorted(attribute_names.begin(), attribute_names.end(), by_oid));

// big_number holds an arc of an OID, which may be of any size: 2.25 is followed by 128 bits.
class big_number {
 public:
  // push makes it 128 times itself, plus 7 more bits.
  void push(std::uint32_t septet) {
    std::uint64_t carry = septet;
    for (std::uint32_t& limb : limbs_) {
      carry += std::uint64_t{limb} << 7U;
      limb = static_cast<std::uint32_t>(carry % base);
      carry /= base;
    }
    if (carry != 0) limbs_.push_back(static_cast<std::uint32_t>(carry));
  }

  [[nodiscard]] bool less_than(std::uint32_t n) const noexcept { return limbs_.size() == 1 && limbs_[0] < n; }

  // subtract takes away n, which must not be more than it is.
  void subtract(std::uint32_t n) noexcept {
    std::size_t i = 0;
    if (limbs_[0] < n) {
      for (i = 1; limbs_[i] == 0; ++i) limbs_[i] = base - 1;
      --limbs_[i];
      limbs_[0] += base;
    }
    limbs_[0] -= n;
    if (limbs_.size() > 1 && limbs_.back() == 0) limbs_.pop_back();
  }

  void append_to(std::string& out) const {
    out += std::to_string(limbs_.back());
    for (auto limb = limbs_.rbegin() + 1; limb != limbs_.rend(); ++limb) {
      const std::string digits = std::to_string(*limb);
      out.append(base_digits - digits.size(), '0').append(digits);
    }
  }

 private:
  static constexpr std::uint32_t base = 1'000'000'000;
  static constexpr std::size_t base_digits = 9;
  std::vector<std::uint32_t> limbs_{0};  // the least significant first
};

// dotted gives the numbers of a valid OID; of an absurdly long one nothing, as libcrypto does.
std::string dotted(der_view oid) {
  std::string out;
  if (oid.size() > oid_octets_limit) return out;
  big_number arc;
  for (const std::byte b : oid) {
    const auto octet = std::to_integer<std::uint32_t>(b);
    arc.push(octet & 0x7fU);
    if ((octet & 0x80U) != 0) continue;
    if (out.empty()) {
      // The first subidentifier holds two arcs (X.690 section 8.19.4).
      const std::uint32_t first = arc.less_than(40) ? 0 : arc.less_than(80) ? 1 : 2;
      arc.subtract(first * 40);
      out = std::to_string(first);
    }
    out += '.';
    arc.append_to(out);
    if (out.size() >= oid_text_limit) break;
    arc = big_number();
  }
  return out.substr(0, oid_text_limit);
}

void append_type(std::string& out, der_view type) {
  const std::string oid = dotted(type);
  const auto found =
      std::lower_bound(attribute_names.begin(), attribute_names.end(), attribute_name{oid, {}}, by_oid);
  out += found != attribute_names.end() && found->oid == oid ? found->name : std::string_view(oid);
}

void append_value(std::string& out, der_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : as_text(value)) {
    if (c >= ' ' && c <= '~') {
      if (c == '/' || c == '+') out += '\\';
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += "\\x";
      out += digits[octet >> 4U];
      out += digits[octet & 0xfU];
    }
  }
}

}  // namespace

bool well_formed(der_view name) noexcept {
  attribute_reader reader(name);
  while (reader.next()) {
  }
  return reader.ok();
}

std::string oneline(der_view name) {
  std::string out;
  attribute_reader reader(name);
  while (const auto a = reader.next()) {
    out += a->same_set ? '+' : '/';
    append_type(out, a->type);
    out += '=';
    append_value(out, a->value);
    if (out.size() > oneline_limit) return {};
  }
  if (!reader.ok()) return {};
  return out;
}

std::string common_name(der_view name) {
  std::optional<attribute> last;
  attribute_reader reader(name);
  while (const auto a = reader.next()) {
    if (as_text(a->type) == attribute_type::common_name) last = a;
  }
  if (!reader.ok() || !last) return {};
  std::string text = as_utf8(*last).value_or(std::string());
  // No name has a NUL in it, and in C it would be taken for another one.
  if (text.find('\0') != std::string::npos) return {};
  return text;
}

}  // namespace x509

STLS_NAMESPACE_END
