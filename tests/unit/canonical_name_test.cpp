#include "x509/canonical_name.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::x509 {
namespace {

using namespace std::string_view_literals;
using test::attribute;
using test::bytes;
using test::sequence;
using test::set_of;
using test::tlv;
using test::type_and_value;

constexpr std::uint8_t utf8 = 0x0c;
constexpr std::uint8_t printable = 0x13;

bytes cn(std::string_view value, std::uint8_t type = utf8) {
  return sequence({attribute("550403", type, value)});
}

bool same(const bytes& a, const bytes& b) { return canonical_name(a).value() == canonical_name(b).value(); }

TEST(canonical_name, does_not_see_case_blanks_and_kinds_of_strings) {
  const bytes plain = cn("example ca");
  for (const std::string_view value : {"Example CA", "  example ca", "example ca \t", "example \r\n\v\f  ca"})
    EXPECT_TRUE(same(plain, cn(value))) << value;
  EXPECT_TRUE(same(plain, cn("EXAMPLE CA", printable)));
  EXPECT_TRUE(same(plain, cn("Example CA", 0x16)));
  EXPECT_TRUE(same(cn("ab"), cn(std::string_view("\0A\0B", 4), 0x1e)));
  EXPECT_TRUE(same(cn("\xc3\xa4"), cn("\xe4", 0x14))) << "T61String is Latin-1";
}

TEST(canonical_name, sees_all_else) {
  const bytes plain = cn("example ca");
  for (const std::string_view value : {"exampleca"sv, "example  cb"sv, "example"sv, ""sv, "example ca\0"sv})
    EXPECT_FALSE(same(plain, cn(value))) << value;
  EXPECT_FALSE(same(cn("\xc3\xa4"), cn("\xc3\x84"))) << "only ASCII has cases";
  EXPECT_FALSE(same(plain, sequence({attribute("55040a", utf8, "example ca")})));
  EXPECT_FALSE(same(cn("12"), cn("12", 0x12))) << "a NumericString is compared as it stands";
  EXPECT_FALSE(same(sequence({attribute("550403", utf8, "a"), attribute("55040a", utf8, "b")}),
                    sequence({attribute("55040a", utf8, "b"), attribute("550403", utf8, "a")})));
}

TEST(canonical_name, does_not_see_the_order_in_a_set) {
  const bytes a = type_and_value("550403", utf8, "a");
  const bytes b = type_and_value("55040a", utf8, "b");
  EXPECT_TRUE(same(sequence({set_of({a, b})}), sequence({set_of({b, a})})));
  EXPECT_FALSE(same(sequence({set_of({a, b})}), sequence({set_of({a}), set_of({b})})));
}

TEST(canonical_name, begins_with_that_of_what_it_is_below) {
  const auto name = [](std::initializer_list<std::string_view> values) {
    bytes all;
    for (const auto value : values) test::append(all, attribute("55040b", utf8, value));
    return canonical_name(tlv(0x30, {all})).value();
  };
  EXPECT_TRUE(name({"a", "b", "c"}).starts_with(name({"a", "b"})));
  EXPECT_TRUE(name({"a"}).starts_with(name({})));
  EXPECT_FALSE(name({"ab"}).starts_with(name({"a"})));
  EXPECT_FALSE(name({"a", "bc"}).starts_with(name({"a", "b"})));
  const bytes a = type_and_value("550403", utf8, "a");
  const bytes b = type_and_value("55040a", utf8, "b");
  EXPECT_FALSE(
      canonical_name(sequence({set_of({a, b})}))->starts_with(*canonical_name(sequence({set_of({a})}))));
}

TEST(canonical_name, of_what_is_none_is_nothing) {
  EXPECT_EQ(canonical_name(sequence({})), "");
  EXPECT_FALSE(canonical_name({}));
  EXPECT_FALSE(canonical_name(sequence({tlv(0x31, "x")})));
  EXPECT_FALSE(canonical_name(cn("\xff")));
}

#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
TEST(canonical_name, is_equal_where_openssl_says_so) {
  std::vector<bytes> names = {sequence({})};
  for (const unsigned type : {0x0cU, 0x12U, 0x13U, 0x14U, 0x16U, 0x1aU}) {
    for (const std::string_view value :
         {"a", "A", " a", "a ", "a b", "a  b", "A\tB", "ab", "", " ", "\x7f", "1"})
      names.push_back(cn(value, static_cast<std::uint8_t>(type)));
  }
  const auto parse = [](const bytes& der) {
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    return std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)>(
        d2i_X509_NAME(nullptr, &in, static_cast<long>(der.size())), X509_NAME_free);
  };
  for (const bytes& a : names) {
    for (const bytes& b : names) {
      const auto first = parse(a);
      const auto second = parse(b);
      if (first == nullptr || second == nullptr) continue;
      EXPECT_EQ(same(a, b), X509_NAME_cmp(first.get(), second.get()) == 0)
          << test::to_hex(a) << ' ' << test::to_hex(b);
    }
  }
}
#endif

}  // namespace
}  // namespace stls::x509
