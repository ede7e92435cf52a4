// Server names: what a client sends and refuses to ask for, and which certificate a server shows.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

class matrix_servername : public ::testing::TestWithParam<engine_case> {
 protected:
  // The common name of the certificate that a server with three keypairs shows to a client that asks so.
  static std::string shown(std::string_view servername) {
    auto client = GetParam().client_options();
    client.insecure_noverifyname = true;
    options server;
    server.engine = GetParam().server->name();
    server.protocols = GetParam().protocols();
    pki::present(server, "server");  // localhost, test.example, *.wild.example, 127.0.0.1, ::1
    server.keypairs = {pki::pair("server-a"), pki::pair("server-b")};  // a.example, *.a.example; b.example
    const auto m = meet(client, server, servername);
    EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
    return m.client_info.peer.common_name;
  }

  // The first flight of a client that asks for this name.
  static std::optional<hello> asked(std::string_view servername) {
    auto client = GetParam().client_options();
    client.insecure_noverifyname = true;
    const auto m = meet(client, GetParam().server_options(), servername);
    EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
    auto first = client_hello(m.client_sent);
    EXPECT_TRUE(first);
    return first;
  }

  static result<connection> connect(std::string_view servername, const options& opt) {
    static memory_pair wire;
    return client::make(made(opt)).and_then(
        [&](const client& c) { return c.connect(servername, transport::from(wire.client)); });
  }
};

TEST_P(matrix_servername, an_exact_name_chooses_its_keypair) {
  EXPECT_EQ(shown("a.example"), "a.example");
  EXPECT_EQ(shown("b.example"), "b.example");
  EXPECT_EQ(shown("localhost"), "localhost");
  EXPECT_EQ(shown("test.example"), "localhost");
}

TEST_P(matrix_servername, case_and_a_trailing_dot_do_not_matter) {
  EXPECT_EQ(shown("B.Example"), "b.example");
  EXPECT_EQ(shown("b.example."), "b.example");
}

TEST_P(matrix_servername, a_wildcard_chooses_its_keypair) {
  EXPECT_EQ(shown("x.a.example"), "a.example");
  EXPECT_EQ(shown("x.wild.example"), "localhost");
}

TEST_P(matrix_servername, an_unknown_name_gets_the_first_keypair) {
  EXPECT_EQ(shown("nowhere.example"), "localhost");
  EXPECT_EQ(shown("x.y.a.example"), "localhost");
  EXPECT_EQ(shown("x.b.example"), "localhost");
}

TEST_P(matrix_servername, no_name_gets_the_first_keypair) {
  EXPECT_EQ(shown(""), "localhost");
  EXPECT_EQ(shown("127.0.0.1"), "localhost");
}

TEST_P(matrix_servername, an_exact_name_comes_before_a_wildcard_that_stands_first) {
  const auto wild = make_certificate({.common_name = "wild", .names = "DNS:first.example,DNS:*.a.example"});
  const auto exact = make_certificate({.common_name = "exact", .names = "DNS:x.a.example"});
  auto client = GetParam().client_options();
  client.ca = pem::text(wild.cert + exact.cert);
  options server;
  server.engine = GetParam().server->name();
  server.protocols = GetParam().protocols();
  server.keypairs = {{.cert = pem::text(wild.cert), .key = pem::text(wild.key)},
                     {.cert = pem::text(exact.cert), .key = pem::text(exact.key)}};
  EXPECT_EQ(meet(client, server, "x.a.example").client_info.peer.common_name, "exact");
  EXPECT_EQ(meet(client, server, "y.a.example").client_info.peer.common_name, "wild");
  EXPECT_EQ(meet(client, server, "first.example").client_info.peer.common_name, "wild");
}

TEST_P(matrix_servername, keypairs_may_have_keys_of_different_types) {
  auto client = GetParam().client_options();
  client.ca = pki::file("ca-bundle.pem");
  client.insecure_noverifyname = true;
  options server;
  server.engine = GetParam().server->name();
  server.protocols = GetParam().protocols();
  server.keypairs = {pki::pair("server-a"), pki::pair("server-rsa")};
  const auto by_name = meet(client, server, "localhost");
  EXPECT_TRUE(by_name.ok) << by_name.client.message;
  EXPECT_EQ(by_name.client_info.peer.issuer, "/CN=stls test ca, RSA");
  const auto first = meet(client, server, "nowhere.example");
  EXPECT_TRUE(first.ok) << first.client.message;
  EXPECT_EQ(first.client_info.peer.common_name, "a.example");
}

TEST_P(matrix_servername, every_keypair_of_a_config_brings_its_other_options_along) {
  auto client = GetParam().client_options();
  client.alpn = "h2";
  auto server = GetParam().server_options();
  server.keypairs = {pki::pair("server-b")};
  server.alpn = "h2";
  server.ca = pki::file("ca.pem");
  server.verify_client = true;
  const auto refused = meet(client, server, "b.example");
  EXPECT_TRUE(is_error(refused.server, errc::certificate_missing))
      << "the second keypair, without a certificate";
  pki::present(client, "client");
  const auto m = meet(client, server, "b.example");
  EXPECT_TRUE(m.ok) << m.server.message;
  EXPECT_EQ(m.client_info.peer.common_name, "b.example");
  EXPECT_EQ(m.client_info.alpn, "h2");
}

// -- what is sent --

TEST_P(matrix_servername, the_name_is_sent) {
  EXPECT_EQ(asked("test.example")->servername(), "test.example");
  EXPECT_EQ(asked("xn--bcher-kva.example")->servername(), "xn--bcher-kva.example");
}

TEST_P(matrix_servername, the_trailing_dot_is_not_sent) {
  EXPECT_EQ(asked("test.example.")->servername(), "test.example");
}

TEST_P(matrix_servername, addresses_are_not_sent) {
  EXPECT_EQ(asked("127.0.0.1")->servername(), std::nullopt);
  EXPECT_EQ(asked("::1")->servername(), std::nullopt);
  EXPECT_EQ(asked("")->servername(), std::nullopt);
}

TEST_P(matrix_servername, both_ends_know_the_name_that_was_asked_for) {
  const auto m = meet(GetParam().client_options(), GetParam().server_options(), "Test.Example.");
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.servername, "test.example");
  EXPECT_EQ(m.server_info.servername, "test.example");
  const auto address = meet(GetParam().client_options(), GetParam().server_options(), "127.0.0.1");
  EXPECT_TRUE(address.ok) << address.client.message;
  EXPECT_EQ(address.client_info.servername, "127.0.0.1");
  EXPECT_EQ(address.server_info.servername, "");
}

// -- what is refused before anything is sent --

TEST_P(matrix_servername, names_that_are_none_are_refused_at_once) {
  const auto opt = GetParam().client_options();
  struct bad {
    std::string name;
    std::string sentence;
  };
  const std::string label64(64, 'a');
  std::string name300;
  while (name300.size() < 300) name300 += "abcdefghi.";
  name300.resize(300, 'a');
  if (name300.back() == '.') name300.back() = 'a';
  const std::vector<bad> all = {
      {"", "servername: empty; set insecure_noverifyname if the name of the server shall not be verified"},
      {std::string("a\0b", 3), "servername: 'a\\x00b' holds a NUL byte"},
      {"b\xC3\xBC"
       "cher.example",
       "servername: 'b\\xC3\\xBCcher.example' is not ASCII; use its A-label (xn--...)"},
      {name300, "servername: 300 bytes, the limit is 253"},
      {label64 + ".example", "servername: label of 64 bytes, the limit is 63"},
      {"a b", ""},
      {"a/b", ""},
      {"a..b", ""},
      {".", ""},
      {".a", ""},
      {"[::1]", ""},
      {"fe80::1%eth0", ""},
      {"1.2.3", ""},
      {"1.2.3.256", ""},
      {"*.example.org", ""},
      {"https://example.org", ""},
      {"example.org:443", ""},
  };
  for (const auto& [name, sentence] : all) {
    const auto made = connect(name, opt);
    if (sentence.empty()) {
      EXPECT_TRUE(is_error(made, errc::invalid_argument)) << name;
      if (!made) {
        EXPECT_TRUE(made.error().message.starts_with("servername: ")) << made.error().message;
      }
    } else {
      EXPECT_TRUE(is_error(made, errc::invalid_argument, sentence)) << name;
    }
  }
}

TEST_P(matrix_servername, names_that_are_odd_but_good_are_accepted) {
  const auto opt = GetParam().client_options();
  for (const std::string name : {"a", "_dmarc.example", "a-b.example", "xn--bcher-kva.example", "1a.2b",
                                 "example.org.", "EXAMPLE.org", "::", "1.2.3.4"}) {
    EXPECT_TRUE(succeeded(connect(name, opt))) << name;
  }
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += std::string(63, 'a') + ".";
  longest += std::string(61, 'a');
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_TRUE(succeeded(connect(longest, opt)));
  EXPECT_TRUE(is_error(connect(longest + "a", opt), errc::invalid_argument));
}

TEST_P(matrix_servername, an_empty_name_needs_an_insecure_option) {
  auto opt = GetParam().client_options();
  EXPECT_TRUE(is_error(connect("", opt), errc::invalid_argument));
  opt.insecure_noverifyname = true;
  EXPECT_TRUE(succeeded(connect("", opt)));
  opt.insecure_noverifyname = false;
  opt.insecure_noverifycert = true;
  EXPECT_TRUE(succeeded(connect("", opt)));
  EXPECT_TRUE(is_error(connect("a b", opt), errc::invalid_argument)) << "a name that is given must be one";
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_servername, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
