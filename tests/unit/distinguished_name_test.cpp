#include "x509/distinguished_name.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::x509 {
namespace {

using test::attribute;
using test::bytes;
using test::from_hex;
using test::oid;
using test::sequence;
using test::set_of;
using test::tlv;
using test::type_and_value;

constexpr std::string_view cn = "550403";
constexpr std::string_view organization = "55040a";
constexpr std::string_view country = "550406";
constexpr std::uint8_t utf8 = 0x0c;
constexpr std::uint8_t printable = 0x13;
constexpr std::uint8_t t61 = 0x14;
constexpr std::uint8_t ia5 = 0x16;
constexpr std::uint8_t universal = 0x1c;
constexpr std::uint8_t bmp = 0x1e;

// libcrypto_oneline is the reference. "(refused)": it does not take the name, or gives no text.
std::string libcrypto_oneline(const bytes& name) {
  const auto* der = reinterpret_cast<const unsigned char*>(name.data());
  const unsigned char* const end = der + name.size();
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> parsed(
      d2i_X509_NAME(nullptr, &der, static_cast<long>(name.size())), X509_NAME_free);
  if (parsed == nullptr || der != end) return "(refused)";
  char* const text = X509_NAME_oneline(parsed.get(), nullptr, 0);
  if (text == nullptr) return "(refused)";
  std::string out = text;
  OPENSSL_free(text);
  return out;
}

// Escaping of `/` and `+` is OpenSSL's since 3.0; its relatives lack it.
void expect_same(const bytes& name) {
#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
  EXPECT_EQ(oneline(name), libcrypto_oneline(name));
#endif
  EXPECT_TRUE(well_formed(name));
}

TEST(oneline, golden) {
  EXPECT_EQ(oneline(sequence({attribute(country, printable, "SE"), attribute(organization, utf8, "Acme AB"),
                              attribute(cn, utf8, "example.org")})),
            "/C=SE/O=Acme AB/CN=example.org");
  EXPECT_EQ(oneline(sequence({})), "");
}

TEST(oneline, is_that_of_libcrypto) {
  using namespace std::string_view_literals;
  expect_same(sequence({}));
  expect_same(sequence({attribute(country, printable, "SE"), attribute(cn, utf8, "example.org")}));
  expect_same(sequence({attribute(cn, utf8,
                                  "b\xC3\xBC"
                                  "cher \x7f \x1f\n'\"\\")}));
  expect_same(sequence({attribute(cn, utf8, "a/b+c=d,e")}));
  expect_same(sequence({attribute(cn, utf8, "")}));
  expect_same(sequence({attribute(cn, utf8, "a\0b"sv)}));
  expect_same(sequence({attribute(cn, bmp, "\0a\x4e\x2d"sv)}));
  expect_same(sequence({attribute(cn, universal, "\0\0\0a\0\1\xf6\0"sv)}));
  expect_same(sequence({attribute(cn, t61, "caf\xe9")}));
  expect_same(sequence({attribute(cn, printable, "not * printable \x80")}));
  expect_same(sequence({attribute("2a864886f70d010901", ia5, "a@example.org")}));  // emailAddress
  expect_same(
      sequence({attribute("0992268993f22c640119", ia5, "org"), attribute("0992268993f22c640119", ia5, "a")}));
  expect_same(sequence({attribute("0992268993f22c640101", utf8, "me")}));         // UID
  expect_same(sequence({attribute("2b0601040182373c020103", printable, "SE")}));  // EV
  expect_same(sequence({attribute("2a8503036401", 0x12, "1234567890123")}));      // OGRN
  expect_same(sequence({set_of({type_and_value(cn, utf8, "a"), type_and_value(organization, utf8, "b"),
                                type_and_value(country, printable, "SE")}),
                        set_of({type_and_value(cn, utf8, "c"), type_and_value(country, printable, "NO")})}));
  expect_same(sequence({attribute(cn, 0x03, "\0bits"sv)}));  // BIT STRING
  expect_same(sequence({set_of({sequence({oid(cn), sequence({tlv(utf8, "inside")})})})}));
  expect_same(sequence({attribute(cn, utf8, std::string(1000, 'x'))}));
}

TEST(oneline, knows_the_attribute_types_of_libcrypto) {
  for (unsigned last = 0; last <= 127; ++last) {
    bytes type = from_hex("5504");
    type.push_back(static_cast<std::byte>(last));
    expect_same(sequence({attribute(test::to_hex(type), utf8, "x.520")}));
    type = from_hex("0992268993f22c6401");
    type.push_back(static_cast<std::byte>(last));
    expect_same(sequence({attribute(test::to_hex(type), utf8, "pilot")}));
    type = from_hex("2b0601040182373c0201");
    type.push_back(static_cast<std::byte>(last));
    expect_same(sequence({attribute(test::to_hex(type), utf8, "ev")}));
  }
}

TEST(oneline, writes_unknown_types_as_numbers) {
  const auto type_of = [](const std::string& hex) {
    const std::string text = oneline(sequence({attribute(hex, utf8, "")}));
    return text.substr(1, text.size() - 2);
  };
  EXPECT_EQ(type_of("2a0304"), "1.2.3.4");
  EXPECT_EQ(type_of("00"), "0.0");
  EXPECT_EQ(type_of("27"), "0.39");
  EXPECT_EQ(type_of("4f"), "1.39");
  EXPECT_EQ(type_of("50"), "2.0");
  EXPECT_EQ(type_of("8837"), "2.999");
  EXPECT_EQ(type_of("6983ffffffffffffffffffffffffffffffffff7f"),
            "2.25.340282366920938463463374607431768211455");
  EXPECT_EQ(type_of("83dceb940a"), "2.999999930");
  EXPECT_EQ(type_of("8df0add6babb908005"), "2.999999999999999925");
  for (const std::string& hex :
       {std::string("2a0304"), std::string("00"), std::string("27"), std::string("28"), std::string("4f"),
        std::string("50"), std::string("77"), std::string("8100"), std::string("8837"),
        std::string("2a8fffffff7f"), std::string("6983ffffffffffffffffffffffffffffffffff7f"),
        std::string("82a0dfc5adcaf0f7c0834f"),
        std::string("a0808080808080808080808080"
                    "00"),
        std::string("2a") + std::string(60, '1'), std::string("2a") + std::string(100, '7'),
        std::string("ff") + std::string(300, 'f') + "7f", "2a" + std::string(2 * 585, '1'),
        "2a" + std::string(2 * 586, '1')}) {
    expect_same(sequence({attribute(hex, utf8, "v")}));
  }
}

TEST(oneline, has_the_limit_of_libcrypto) {
  // A name that libcrypto parses has 1 MiB of DER at most, so that escaping is what makes it too long.
  const bytes over = sequence({attribute(cn, utf8, std::string(300000, '\x01'))});
  EXPECT_EQ(oneline(over), "");
  EXPECT_EQ(libcrypto_oneline(over), "(refused)");
  const std::size_t room = (std::size_t{1} << 20U) - std::string_view("/CN=").size();
  EXPECT_EQ(oneline(sequence({attribute(cn, utf8, std::string(room, 'x'))})).size(), room + 4);
  EXPECT_EQ(oneline(sequence({attribute(cn, utf8, std::string(room + 1, 'x'))})), "");
}

TEST(distinguished_name, malformed_is_empty) {
  const bytes good = attribute(cn, utf8, "a");
  std::vector<bytes> names{
      {},
      good,  // not a sequence
      from_hex("3003"),
      sequence({from_hex("3102")}),
      sequence({good, set_of({})}),               // an empty set
      sequence({type_and_value(cn, utf8, "a")}),  // no set
      sequence({set_of({tlv(utf8, "a")})}),
      sequence({set_of({sequence({oid(cn)})})}),         // no value
      sequence({set_of({sequence({tlv(utf8, "a")})})}),  // no type
      sequence({set_of({sequence({oid(cn), tlv(utf8, "a"), tlv(utf8, "b")})})}),
      sequence({attribute("", utf8, "a")}),
      sequence({attribute("5583", utf8, "a")}),
      sequence({attribute("558003", utf8, "a")}),
      sequence({attribute(cn, bmp, "abc")}),
      sequence({attribute(cn, universal, "abcdef")}),
      sequence({attribute(cn, 0x03, "")}),
      sequence({attribute(cn, 0x2c, "a")}),  // constructed: BER
      sequence({attribute(cn, 0x82, "a")}),  // tagged
      sequence({good, set_of({type_and_value(cn, utf8, "a"), from_hex("3001")})}),
  };
  bytes longer = sequence({good});
  longer.push_back(std::byte{0});
  names.push_back(longer);
  for (const bytes& name : names) {
    EXPECT_EQ(oneline(name), "") << test::to_hex(name);
    EXPECT_EQ(common_name(name), "") << test::to_hex(name);
    EXPECT_FALSE(well_formed(name)) << test::to_hex(name);
  }
}

TEST(common_name, is_the_last) {
  EXPECT_EQ(common_name(sequence({})), "");
  EXPECT_EQ(common_name(sequence({attribute(organization, utf8, "a")})), "");
  EXPECT_EQ(common_name(sequence(
                {attribute(cn, utf8, "a"), attribute(cn, utf8, "b"), attribute(country, utf8, "SE")})),
            "b");
  EXPECT_EQ(common_name(sequence({set_of({type_and_value(cn, utf8, "a"), type_and_value(cn, utf8, "b")})})),
            "b");
}

TEST(common_name, is_utf8) {
  using namespace std::string_view_literals;
  const auto of = [](std::uint8_t type, std::string_view value) {
    return common_name(sequence({attribute(cn, type, value)}));
  };
  constexpr std::string_view all_sizes = "a\xC3\xBC\xE4\xB8\xAD\xF0\x9F\x98\x80";
  EXPECT_EQ(of(utf8, all_sizes), all_sizes);
  EXPECT_EQ(of(bmp, "\0a\0\xFC\x4E\x2D"sv), all_sizes.substr(0, 6));
  EXPECT_EQ(of(universal, "\0\0\0a\0\0\0\xFC\0\0\x4E\x2D\0\1\xF6\0"sv), all_sizes);
  EXPECT_EQ(of(t61, "caf\xE9"), "caf\xC3\xA9");
  EXPECT_EQ(of(printable, "example.org"), "example.org");
  EXPECT_EQ(of(ia5, "example.org"), "example.org");
  EXPECT_EQ(of(utf8, "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80"),
            "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80");
}

TEST(common_name, malformed_is_empty) {
  using namespace std::string_view_literals;
  const auto of = [](std::uint8_t type, std::string_view value) {
    return common_name(sequence({attribute(cn, type, value)}));
  };
  for (const std::string_view wrong :
       {"a\0b"sv, "\x80"sv, "\xC3"sv, "a\xC3"sv, "\xC3\x28"sv, "\xC0\xAF"sv, "\xC1\xBF"sv, "\xE0\x80\xAF"sv,
        "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv, "\xF8\x88\x80\x80\x80"sv, "\xFF"sv, "\xF0\x9F\x98"sv,
        "\xF0\x80\x80\xAF"sv, "\xFE\x80\x80\x80"sv}) {
    EXPECT_EQ(of(utf8, wrong), "") << test::to_hex(test::to_bytes(wrong));
  }
  EXPECT_EQ(of(bmp, "\xD8\x3D"sv), "");  // a lone surrogate
  EXPECT_EQ(of(bmp, "\xD8\x3D\0a"sv), "");
  EXPECT_EQ(of(bmp, "\xDE\0\xD8\x3D"sv), "");
  EXPECT_EQ(of(bmp, "\0a\0\0"sv), "");
  EXPECT_EQ(of(universal, "\0\x11\0\0"sv), "");
  EXPECT_EQ(of(universal, "\0\0\xD8\0"sv), "");
  EXPECT_EQ(of(t61, "a\0"sv), "");
  EXPECT_EQ(of(0x03, "\0a"sv), "");  // BIT STRING
}

}  // namespace
}  // namespace stls::x509
