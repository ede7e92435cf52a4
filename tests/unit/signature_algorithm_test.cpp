#include "x509/signature_algorithm.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "support/bytes.hpp"
#include "support/der_writer.hpp"

namespace stls::x509 {

void PrintTo(const signature_algorithm& a, std::ostream* out) {
  *out << static_cast<int>(a.kind) << '/' << static_cast<int>(a.digest) << '/' << a.salt_size;
}

namespace {

using test::bytes;
using test::from_hex;
using test::oid;
using test::sequence;
using test::tlv;

const bytes null = tlv(0x05, "");
const signature_algorithm unknown;

signature_algorithm parsed(const bytes& der) { return parse_signature_algorithm(der); }

TEST(signature_algorithm, is_known_by_its_oid) {
  struct row {
    std::string_view type;
    signature_kind kind;
    hash digest;
  };
  for (const auto& [type, kind, digest] : {
           row{"2a864886f70d010104", signature_kind::rsa_pkcs1, hash::md5},
           row{"2a864886f70d010105", signature_kind::rsa_pkcs1, hash::sha1},
           row{"2a864886f70d01010e", signature_kind::rsa_pkcs1, hash::sha224},
           row{"2a864886f70d01010b", signature_kind::rsa_pkcs1, hash::sha256},
           row{"2a864886f70d01010c", signature_kind::rsa_pkcs1, hash::sha384},
           row{"2a864886f70d01010d", signature_kind::rsa_pkcs1, hash::sha512},
           row{"2a8648ce3d0401", signature_kind::ecdsa, hash::sha1},
           row{"2a8648ce3d040301", signature_kind::ecdsa, hash::sha224},
           row{"2a8648ce3d040302", signature_kind::ecdsa, hash::sha256},
           row{"2a8648ce3d040303", signature_kind::ecdsa, hash::sha384},
           row{"2a8648ce3d040304", signature_kind::ecdsa, hash::sha512},
       }) {
    const signature_algorithm expected{kind, digest};
    EXPECT_EQ(parsed(sequence({oid(type), null})), expected);
    EXPECT_EQ(parsed(sequence({oid(type)})), expected);
    EXPECT_EQ(parsed(sequence({oid(type), sequence({})})), unknown);
    EXPECT_EQ(parsed(sequence({oid(type), null, null})), unknown);
    EXPECT_EQ(parsed(sequence({oid(type), tlv(0x05, "x")})), unknown);
  }
}

TEST(signature_algorithm, of_edwards_curves_has_no_parameters) {
  EXPECT_EQ(parsed(sequence({oid("2b6570")})).kind, signature_kind::ed25519);
  EXPECT_EQ(parsed(sequence({oid("2b6571")})).kind, signature_kind::ed448);
  EXPECT_EQ(parsed(sequence({oid("2b6570"), null})), unknown);
  EXPECT_EQ(parsed(sequence({oid("2b6571"), null})), unknown);
}

TEST(signature_algorithm, that_is_not_listed_or_malformed_is_unknown) {
  EXPECT_EQ(parsed(sequence({oid("2a864886f70d010102"), null})), unknown);  // MD2
  EXPECT_EQ(parsed(sequence({oid("2a8648ce380403")})), unknown);            // DSA
  EXPECT_EQ(parsed({}), unknown);
  EXPECT_EQ(parsed(sequence({})), unknown);
  EXPECT_EQ(parsed(oid("2b6570")), unknown);
  bytes longer = sequence({oid("2b6570")});
  longer.push_back(std::byte{0});
  EXPECT_EQ(parsed(longer), unknown);
}

const std::string_view sha1 = "2b0e03021a";
const std::string_view sha256 = "608648016503040201";
const std::string_view sha384 = "608648016503040202";

bytes digest_field(std::string_view digest) { return tlv(0xa0, {sequence({oid(digest), null})}); }
bytes mask_field(std::string_view digest, std::string_view generator = "2a864886f70d010108") {
  return tlv(0xa1, {sequence({oid(generator), sequence({oid(digest), null})})});
}
bytes salt_field(std::string_view hex) { return tlv(0xa2, {tlv(0x02, {from_hex(hex)})}); }
bytes trailer_field(std::string_view hex) { return tlv(0xa3, {tlv(0x02, {from_hex(hex)})}); }
signature_algorithm pss(std::initializer_list<bytes> fields) {
  return parsed(sequence({oid("2a864886f70d01010a"), sequence(fields)}));
}

TEST(signature_algorithm, of_pss_has_one_digest_and_a_salt) {
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256), salt_field("20")}),
            (signature_algorithm{signature_kind::rsa_pss, hash::sha256, 32}));
  EXPECT_EQ(pss({digest_field(sha384), mask_field(sha384), salt_field("00de"), trailer_field("01")}),
            (signature_algorithm{signature_kind::rsa_pss, hash::sha384, 222}));
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256), salt_field("00")}).salt_size, 0);
}

TEST(signature_algorithm, of_pss_is_sha1_where_nothing_is_said) {
  EXPECT_EQ(pss({}), (signature_algorithm{signature_kind::rsa_pss, hash::sha1, 20}));
  EXPECT_EQ(pss({digest_field(sha1), mask_field(sha1)}),
            (signature_algorithm{signature_kind::rsa_pss, hash::sha1, 20}));
}

TEST(signature_algorithm, of_pss_that_is_odd_is_unknown) {
  EXPECT_EQ(pss({digest_field(sha256)}), unknown) << "a mask by SHA-1";
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha384)}), unknown);
  EXPECT_EQ(pss({digest_field("2b2403020101"), mask_field(sha256)}), unknown);
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256, "2a864886f70d010107")}), unknown);
  for (const std::string_view salt : {"ff", "0201", "010000", "0020", ""})
    EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256), salt_field(salt)}), unknown) << salt;
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256), trailer_field("02")}), unknown);
  EXPECT_EQ(pss({mask_field(sha256), digest_field(sha256)}), unknown) << "the wrong order";
  EXPECT_EQ(pss({digest_field(sha256), mask_field(sha256), null}), unknown);
  EXPECT_EQ(parsed(sequence({oid("2a864886f70d01010a")})), unknown);
  EXPECT_EQ(parsed(sequence({oid("2a864886f70d01010a"), null})), unknown);
}

}  // namespace
}  // namespace stls::x509
