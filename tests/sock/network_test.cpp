// Networks, and which addresses are in them.
#include "support/expect.hpp"

#include <stls/sock/network.hpp>

#include <gtest/gtest.h>

#include <string>

namespace stls::test {
namespace {

std::string written(std::string_view text) {
  const auto n = network::parse(text);
  return n ? n->text() : n.error().message;
}

bool holds(std::string_view text, std::string host) {
  const auto n = network::parse(text);
  EXPECT_TRUE(succeeded(n));
  address a;
  a.host = std::move(host);
  a.port = 443;
  return n && n->holds(a);
}

TEST(network, is_written_as_it_is_read) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "192.0.2.128/25", "2001:db8::/32",
                           "::/0", "::1/128", "2001:db8::8000/113"})
    EXPECT_EQ(written(text), text);
  EXPECT_EQ(written("192.0.2.1"), "192.0.2.1/32");
  EXPECT_EQ(written("2001:DB8::1"), "2001:db8::1/128");
  EXPECT_EQ(written("::ffff:10.0.0.0/104"), "10.0.0.0/8");
  EXPECT_EQ(written("::ffff:0:0/96"), "0.0.0.0/0");
  EXPECT_EQ(written("::ffff:192.0.2.1"), "192.0.2.1/32");
  EXPECT_EQ(network::parse("::ffff:10.0.0.0/104").value(), network::parse("10.0.0.0/8").value());
}

TEST(network, that_is_none_is_refused_with_what_would_be_right) {
  for (const char* text : {"", "/8", "10.0.0/8", "10.0.0.0.0", "localhost", "10.0.0.0%1/8", "fe80::%eth0/64",
                           "010.0.0.0/8", "unix:/run/x", "*"}) {
    const auto n = network::parse(text);
    EXPECT_TRUE(is_error(n, errc::invalid_argument)) << text;
    if (!n) {
      EXPECT_TRUE(has_style(n.error()));
    }
  }
  EXPECT_EQ(written("example.org/8"),
            "network: 'example.org' is no IP address; e.g. 10.0.0.0/8 or 2001:db8::/32");
  for (const char* prefix : {"33", "", "-1", "08", "8 ", "8/8", "999999999999"}) {
    EXPECT_EQ(written("10.0.0.0/" + std::string(prefix)),
              "network: '10.0.0.0/" + std::string(prefix) + "': the prefix must be 0 to 32 bits");
  }
  EXPECT_EQ(written("2001:db8::/129"), "network: '2001:db8::/129': the prefix must be 0 to 128 bits");
  EXPECT_EQ(written("10.0.0.1/8"),
            "network: '10.0.0.1/8' has bits behind its prefix; the network is 10.0.0.0/8");
  EXPECT_EQ(written("192.0.2.129/25"),
            "network: '192.0.2.129/25' has bits behind its prefix; the network is 192.0.2.128/25");
  EXPECT_EQ(written("2001:db8::1/32"),
            "network: '2001:db8::1/32' has bits behind its prefix; the network is 2001:db8::/32");
}

TEST(network, holds_the_addresses_that_begin_with_its_bits) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.128"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(holds("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(holds("192.0.2.1", "192.0.2.0"));
  EXPECT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
  EXPECT_TRUE(holds("fe80::/10", "fe80::1%eth0"));
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST(network, of_one_family_holds_none_of_another) {
  EXPECT_FALSE(holds("::/0", "10.0.0.1"));
  EXPECT_FALSE(holds("::/0", "::ffff:10.0.0.1"));
  EXPECT_TRUE(holds("::/0", "::1"));
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_FALSE(holds("0.0.0.0/0", "unix:/run/x"));
  EXPECT_FALSE(holds("::/0", "unix:"));
  EXPECT_FALSE(holds("::/0", ""));
}

}  // namespace
}  // namespace stls::test
