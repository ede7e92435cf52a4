#include "x509/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "base/pem.hpp"
#include "support/bytes.hpp"
#include "support/der_writer.hpp"
#include "support/expect.hpp"
#include "x509/distinguished_name.hpp"

namespace stls::x509 {
namespace {

using test::attribute;
using test::bytes;
using test::from_hex;
using test::is_error;
using test::oid;
using test::sequence;
using test::succeeded;
using test::tlv;
using test::to_hex;
using namespace std::chrono_literals;

const bytes critical = tlv(0x01, {from_hex("ff")});
const bytes not_critical = tlv(0x01, {from_hex("00")});

bytes extension_of(std::string_view hex, const bytes& flag, const bytes& value) {
  return sequence({oid(hex), flag, tlv(0x04, {value})});
}
bytes extensions(const bytes& list) { return tlv(0xa3, {list}); }
bytes utc_time(std::string_view text) { return tlv(0x17, text); }
bytes generalized_time(std::string_view text) { return tlv(0x18, text); }

// parts is a well-formed certificate; tests break one part of it.
struct parts {
  bytes version = tlv(0xa0, {tlv(0x02, {from_hex("02")})});
  bytes serial = tlv(0x02, {from_hex("00ff")});
  bytes algorithm = sequence({oid("2a8648ce3d040302")});
  bytes issuer = sequence({attribute("550403", 0x0c, "CA")});
  bytes validity = sequence({utc_time("240229235959Z"), generalized_time("20500101000000Z")});
  bytes subject = sequence({attribute("55040a", 0x0c, "Acme"), attribute("550403", 0x0c, "example.org")});
  bytes public_key =
      sequence({sequence({oid("2a8648ce3d0201"), oid("2a8648ce3d030107")}), tlv(0x03, {from_hex("0004")})});
  bytes unique_ids{};
  bytes more = extensions(sequence({
      extension_of("551d13", critical, sequence({})),
      extension_of(
          "551d11", {},
          sequence({tlv(0x82, "example.org"), tlv(0x82, "*.example.org'\n"), tlv(0x81, "a@example.org"),
                    tlv(0x86, "https://example.org"), tlv(0x87, {from_hex("c0000201")})})),
  }));
  bytes outer_algorithm = sequence({oid("2a8648ce3d040302")});
  bytes signature = tlv(0x03, {from_hex("00aabb")});
  bytes trailer{};

  [[nodiscard]] bytes tbs() const {
    return sequence({version, serial, algorithm, issuer, validity, subject, public_key, unique_ids, more});
  }
  [[nodiscard]] bytes der() const {
    bytes whole = sequence({tbs(), outer_algorithm, signature});
    test::append(whole, trailer);
    return whole;
  }
};

TEST(certificate, is_taken_apart) {
  const parts given;
  const bytes der = given.der();
  const auto parsed = parse_certificate(der);
  ASSERT_TRUE(succeeded(parsed));
  EXPECT_EQ(to_hex(parsed->whole), to_hex(der));
  EXPECT_EQ(to_hex(parsed->tbs), to_hex(given.tbs()));
  EXPECT_EQ(to_hex(parsed->serial), "00ff");
  EXPECT_EQ(to_hex(parsed->issuer), to_hex(given.issuer));
  EXPECT_EQ(to_hex(parsed->subject), to_hex(given.subject));
  EXPECT_EQ(to_hex(parsed->public_key), to_hex(given.public_key));
  EXPECT_EQ(to_hex(parsed->signature_algorithm), to_hex(given.algorithm));
  EXPECT_EQ(to_hex(parsed->signature), "aabb");
  EXPECT_EQ(parsed->version, 3U);
  EXPECT_EQ(parsed->not_before, std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 23h + 59min + 59s);
  EXPECT_EQ(parsed->not_after, std::chrono::sys_days{std::chrono::year{2050} / 1 / 1});

  ASSERT_EQ(parsed->extensions.size(), 2U);
  const extension* const constraints = parsed->find(from_hex("551d13"));
  ASSERT_NE(constraints, nullptr);
  EXPECT_TRUE(constraints->critical);
  EXPECT_EQ(to_hex(constraints->value), "3000");
  const extension* const names = parsed->find(from_hex("551d11"));
  ASSERT_NE(names, nullptr);
  EXPECT_FALSE(names->critical);
  EXPECT_EQ(parsed->find(from_hex("551d0f")), nullptr);
  EXPECT_EQ(parsed->find({}), nullptr);
  EXPECT_EQ(parsed->names.dns.size(), 2U);
}

TEST(certificate, is_described) {
  const bytes der = parts().der();
  const auto parsed = parse_certificate(der);
  ASSERT_TRUE(succeeded(parsed));
  const peer_certificate described = describe(*parsed);
  EXPECT_EQ(described.subject, "/O=Acme/CN=example.org");
  EXPECT_EQ(described.issuer, "/CN=CA");
  EXPECT_EQ(described.common_name, "example.org");
  EXPECT_EQ(described.dns_names, (std::vector<std::string>{"example.org", R"(*.example.org\x27\x0A)"}));
  EXPECT_EQ(described.emails, std::vector<std::string>{"a@example.org"});
  EXPECT_EQ(described.uris, std::vector<std::string>{"https://example.org"});
  EXPECT_EQ(described.ip_addresses, std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(described.not_before, parsed->not_before);
  EXPECT_EQ(described.not_after, parsed->not_after);
  EXPECT_EQ(described.hash, "");
}

TEST(certificate, versions_1_to_3) {
  parts given;
  given.more = {};
  EXPECT_TRUE(succeeded(parse_certificate(given.der())));
  given.version = {};
  EXPECT_TRUE(succeeded(parse_certificate(given.der())));
  given.version = tlv(0xa0, {tlv(0x02, {from_hex("01")})});
  given.unique_ids = tlv(0x81, {from_hex("00aa")});
  EXPECT_TRUE(succeeded(parse_certificate(given.der())));
  test::append(given.unique_ids, tlv(0x82, {from_hex("00bb")}));
  EXPECT_TRUE(succeeded(parse_certificate(given.der())));
}

// expect_refused gives the reason.
template <class Change>
void expect_refused(std::string_view why, Change&& change) {
  parts given;
  change(given);
  EXPECT_TRUE(
      is_error(parse_certificate(given.der()), errc::bad_pem, "not a certificate: " + std::string(why)));
}

TEST(certificate, malformed_outside) {
  const auto wrong = [](const bytes& der, std::string_view sentence) {
    EXPECT_TRUE(is_error(parse_certificate(der), errc::bad_pem, sentence));
  };
  wrong({}, "not a certificate: malformed DER");
  wrong(test::to_bytes("-----BEGIN CERTIFICATE-----"), "not a certificate: malformed DER");
  wrong(sequence({}), "not a certificate: malformed DER");
  wrong(sequence({sequence({}), sequence({}), tlv(0x03, {from_hex("00")}), tlv(0x05, "")}),
        "not a certificate: malformed DER");
  expect_refused("something follows it", [](parts& p) { p.trailer = from_hex("00"); });
  expect_refused("malformed signature", [](parts& p) { p.signature = tlv(0x03, ""); });
}

TEST(certificate, cut_anywhere_is_refused) {
  const bytes der = parts().der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_TRUE(is_error(parse_certificate(der_view(der).first(size)), errc::bad_pem));
  }
}

TEST(certificate, malformed_fields) {
  const auto version = [](std::string_view hex) { return tlv(0xa0, {tlv(0x02, {from_hex(hex)})}); };
  for (const char* const number : {"00", "03", "ff", "0002", ""}) {
    expect_refused("malformed version", [&](parts& p) { p.version = version(number); });
  }
  expect_refused("malformed version", [](parts& p) { p.version = tlv(0xa0, ""); });
  expect_refused("malformed serial number", [](parts& p) { p.serial = tlv(0x02, ""); });
  expect_refused("malformed serial number", [](parts& p) { p.serial = tlv(0x02, {from_hex("0001")}); });
  expect_refused("malformed signature algorithm", [](parts& p) { p.algorithm = sequence({}); });
  expect_refused("two different signature algorithms",
                 [](parts& p) { p.outer_algorithm = sequence({oid("2a8648ce3d040303")}); });
  expect_refused("two different signature algorithms", [](parts& p) {
    p.outer_algorithm = sequence({oid("2a8648ce3d040302"), tlv(0x05, "")});
  });
  expect_refused("malformed issuer", [](parts& p) { p.issuer = sequence({tlv(0x31, "")}); });
  expect_refused("malformed subject", [](parts& p) { p.subject = sequence({tlv(0x31, "")}); });
  expect_refused("malformed public key", [](parts& p) { p.public_key = sequence({}); });
  expect_refused("malformed public key", [](parts& p) {
    p.public_key =
        sequence({sequence({oid("2a8648ce3d0201")}), tlv(0x03, {from_hex("0004")}), tlv(0x05, "")});
  });
  expect_refused("malformed unique identifier", [](parts& p) { p.unique_ids = tlv(0x81, {from_hex("09")}); });
  expect_refused("more fields than its version has", [](parts& p) { p.version = {}; });
  expect_refused("more fields than its version has", [&](parts& p) { p.version = version("01"); });
  expect_refused("more fields than its version has", [](parts& p) { test::append(p.more, tlv(0x05, "")); });
}

TEST(certificate, times) {
  const auto time = [](const bytes& value) {
    parts given;
    given.validity = sequence({value, utc_time("991231235959Z")});
    const bytes der = given.der();
    const auto parsed = parse_certificate(der);
    EXPECT_TRUE(succeeded(parsed));
    return parsed ? parsed->not_before.time_since_epoch().count() : -1;
  };
  EXPECT_EQ(time(utc_time("700101000000Z")), 0);
  EXPECT_EQ(time(utc_time("500101000000Z")), -631152000);
  EXPECT_EQ(time(utc_time("491231235959Z")), 2524607999);
  EXPECT_EQ(time(generalized_time("19700101000000Z")), 0);
  EXPECT_EQ(time(generalized_time("99991231235959Z")), 253402300799);
  EXPECT_EQ(time(generalized_time("00000101000000Z")), -62167219200);
  EXPECT_EQ(time(utc_time("000229120000Z")), 951825600);
}

TEST(certificate, malformed_times) {
  for (const char* const text :
       {"", "Z", "7001010000Z", "700101000000", "700101000000z", "700101000000+0000", "700101000000.0Z",
        "700001000000Z", "701301000000Z", "700100000000Z", "700132000000Z", "700230000000Z", "700229000000Z",
        "700101240000Z", "700101006000Z", "700101000060Z", "70010100 000Z", "-70101000000Z",
        "19700101000000Z"}) {
    expect_refused("malformed validity", [&](parts& p) {
      p.validity = sequence({utc_time(text), utc_time("991231235959Z")});
    });
  }
  for (const char* const text : {"700101000000Z", "19000229000000Z", "19700101000000.5Z", "197001010000Z"}) {
    expect_refused("malformed validity", [&](parts& p) {
      p.validity = sequence({utc_time("700101000000Z"), generalized_time(text)});
    });
  }
  expect_refused("malformed validity", [](parts& p) { p.validity = sequence({utc_time("700101000000Z")}); });
  expect_refused("malformed validity", [](parts& p) {
    p.validity = sequence({tlv(0x13, "700101000000Z"), utc_time("700101000000Z")});
  });
}

TEST(certificate, malformed_extensions) {
  const bytes some = extension_of("551d13", {}, sequence({}));
  expect_refused("malformed extensions", [](parts& p) { p.more = extensions({}); });
  expect_refused("malformed extensions", [](parts& p) { p.more = extensions(sequence({})); });
  expect_refused("malformed extensions", [&](parts& p) {
    p.more = tlv(0xa3, {sequence({some}), sequence({some})});
  });
  expect_refused("malformed extension", [](parts& p) { p.more = extensions(sequence({sequence({})})); });
  expect_refused("malformed extension", [&](parts& p) {
    p.more = extensions(sequence({some, tlv(0x05, "")}));
  });
  expect_refused("malformed extension", [](parts& p) {
    p.more = extensions(sequence({extension_of("551d13", tlv(0x01, {from_hex("01")}), sequence({}))}));
  });
  expect_refused("malformed extension", [](parts& p) {
    p.more = extensions(sequence({extension_of("551d13", tlv(0x01, ""), sequence({}))}));
  });
  expect_refused("malformed extension",
                 [](parts& p) { p.more = extensions(sequence({extension_of("551d93", {}, sequence({}))})); });
  expect_refused("the same extension twice", [&](parts& p) {
    p.more =
        extensions(sequence({some, extension_of("551d0f", {}, {}), extension_of("551d13", critical, {})}));
  });
  expect_refused("subjectAltName: empty",
                 [](parts& p) { p.more = extensions(sequence({extension_of("551d11", {}, sequence({}))})); });

  parts spelt_out;
  spelt_out.more = extensions(sequence({extension_of("551d13", not_critical, sequence({}))}));
  const bytes der = spelt_out.der();
  const auto parsed = parse_certificate(der);
  ASSERT_TRUE(succeeded(parsed));
  EXPECT_FALSE(parsed->extensions.front().critical);
}

TEST(certificate, takes_time_in_proportion_to_its_size) {
  bytes one = extension_of("2a818000", {}, {});
  const bytes name = attribute("550403", 0x0c, "a");
  bytes list;
  bytes names;
  for (unsigned i = 0; i < 200000; ++i) {
    one[5] = static_cast<std::byte>(0x81 + (i >> 14U));  // the last three octets of the OID
    one[6] = static_cast<std::byte>(0x80 | i >> 7U);
    one[7] = static_cast<std::byte>(i & 0x7fU);
    test::append(list, one);
    test::append(names, name);
  }
  parts given;
  given.more = extensions(tlv(0x30, {list}));
  given.subject = tlv(0x30, {names});
  const bytes der = given.der();
  const auto begin = std::chrono::steady_clock::now();
  const auto parsed = parse_certificate(der);
  ASSERT_TRUE(succeeded(parsed));
  EXPECT_EQ(parsed->extensions.size(), 200000U);
  EXPECT_EQ(describe(*parsed).subject.size(), 5 * 200000U);
  // Generous, for sanitizers: what grows with the square would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

// The system's roots: real certificates, with all that CAs have thought of in 25 years.
TEST(certificate, the_systems_roots_are_read_as_libcrypto_reads_them) {
  const auto text = read_file("/etc/ssl/certs/ca-certificates.crt");
  if (!text) GTEST_SKIP() << text.error().message;
  const auto blocks = pem_blocks(*text);
  ASSERT_TRUE(succeeded(blocks));
  EXPECT_FALSE(blocks->empty());
  for (const pem_block& block : *blocks) {
    const auto* der = reinterpret_cast<const unsigned char*>(block.der.data());
    const std::unique_ptr<X509, decltype(&X509_free)> reference(
        d2i_X509(nullptr, &der, static_cast<long>(block.der.size())), X509_free);
    ASSERT_NE(reference, nullptr);
    char* const subject = X509_NAME_oneline(X509_get_subject_name(reference.get()), nullptr, 0);
    ASSERT_NE(subject, nullptr);
    const auto parsed = parse_certificate(block.der);
    ASSERT_TRUE(succeeded(parsed)) << subject;
    EXPECT_EQ(oneline(parsed->subject), subject);
    OPENSSL_free(subject);

    std::tm not_after{};
    ASSERT_EQ(ASN1_TIME_to_tm(X509_get0_notAfter(reference.get()), &not_after), 1);
    EXPECT_EQ(std::chrono::system_clock::to_time_t(parsed->not_after), ::timegm(&not_after));
    EXPECT_EQ(parsed->extensions.size(), static_cast<std::size_t>(X509_get_ext_count(reference.get())));
  }
}

}  // namespace
}  // namespace stls::x509
