#include "x509/der.hpp"

#include <gtest/gtest.h>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::x509 {
namespace {

using test::from_hex;
using test::to_hex;

bool readable(std::string_view hex) {
  const test::bytes der = from_hex(hex);
  der_reader reader(der);
  const bool read = reader.next().has_value();
  EXPECT_EQ(read, reader.ok());
  return read;
}

TEST(der, walks_values) {
  const test::bytes der = from_hex("020105 0500 3003020101 81020a0b");
  der_reader reader(der);
  EXPECT_TRUE(reader.next_is(tag::integer));
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, tag::integer);
  EXPECT_EQ(to_hex(first->content), "05");
  EXPECT_EQ(to_hex(first->whole), "020105");
  EXPECT_FALSE(reader.optional(tag::integer));
  EXPECT_TRUE(reader.optional(tag::null));
  const auto inner = reader.next(tag::sequence);
  ASSERT_TRUE(inner);
  EXPECT_EQ(to_hex(inner->content), "020101");
  EXPECT_FALSE(reader.at_end());
  const auto last = reader.next(context(1));
  ASSERT_TRUE(last);
  EXPECT_EQ(to_hex(last->content), "0a0b");
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.ok());
}

TEST(der, stays_failed) {
  const test::bytes der = from_hex("020105 020106");
  der_reader reader(der);
  EXPECT_FALSE(reader.next(tag::null));
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.at_end());
  EXPECT_FALSE(reader.next_is(tag::integer));
  EXPECT_FALSE(reader.next(tag::integer));
  EXPECT_FALSE(reader.optional(tag::integer));
  EXPECT_FALSE(reader.next());
}

TEST(der, the_end_is_not_a_value) {
  der_reader reader(der_view{});
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.next_is(tag::null));
  EXPECT_FALSE(reader.optional(tag::null));
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.next(tag::null));
  EXPECT_FALSE(reader.ok());
}

TEST(der, lengths_are_definite_minimal_and_inside) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    const test::bytes content(size);
    const test::bytes der = test::tlv(0x04, {content});
    der_reader reader(der);
    const auto value = reader.next();
    ASSERT_TRUE(value) << size;
    EXPECT_EQ(value->content.size(), size);
    der_reader cut(der_view(der).first(der.size() - 1));
    EXPECT_FALSE(cut.next()) << size;
  }
  EXPECT_FALSE(readable("04"));
  EXPECT_FALSE(readable("0480 0000"));  // indefinite
  EXPECT_FALSE(readable("048100"));     // 0 in the long form
  EXPECT_FALSE(readable("04817f" + std::string(254, '0')));
  EXPECT_TRUE(readable("048180" + std::string(256, '0')));
  EXPECT_FALSE(readable("04820080" + std::string(256, '0')));
  EXPECT_FALSE(readable("0482ff"));
  EXPECT_FALSE(readable("04ff" + std::string(400, '0')));
  EXPECT_FALSE(readable("0488ffffffffffffffff00"));
  EXPECT_FALSE(readable("0489010000000000000000 00"));
}

TEST(der, tags_are_short_and_not_zero) {
  EXPECT_FALSE(readable("0000"));
  EXPECT_FALSE(readable("1f810100"));
  EXPECT_FALSE(readable("bf0100"));
  EXPECT_TRUE(readable("9e00"));
}

TEST(der, oids) {
  EXPECT_TRUE(valid_oid(from_hex("550403")));
  EXPECT_TRUE(valid_oid(from_hex("2b86 01")));
  EXPECT_FALSE(valid_oid({}));
  EXPECT_FALSE(valid_oid(from_hex("5504 83")));  // unfinished
  EXPECT_FALSE(valid_oid(from_hex("55 8003")));  // padded
  EXPECT_TRUE(valid_oid(from_hex("55 818003")));
}

TEST(der, integers) {
  for (const char* const good : {"00", "7f", "80", "0080", "ff7f", "0100"})
    EXPECT_TRUE(valid_integer(from_hex(good)));
  for (const char* const bad : {"", "0000", "007f", "ff80", "ffff"})
    EXPECT_FALSE(valid_integer(from_hex(bad))) << bad;
}

TEST(der, bit_strings) {
  for (const char* const good : {"00", "0001", "0180", "0780"}) EXPECT_TRUE(valid_bit_string(from_hex(good)));
  for (const char* const bad : {"", "01", "0101", "0840", "0800", "07c0"}) {
    EXPECT_FALSE(valid_bit_string(from_hex(bad))) << bad;
  }
}

}  // namespace
}  // namespace stls::x509
