// A session of TLS 1.2 is of one name of its server (RFC 6066 section 3): a client that offers it under
// another has a full handshake, with the certificate of that name. stls's own clients never do.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

struct name_case {
  const provider* engine = nullptr;
  pace at = pace::plain;
};
void PrintTo(const name_case& c, std::ostream* out) { *out << c.engine->name() << '_' << name_of(c.at); }
std::string name_of_case(const ::testing::TestParamInfo<name_case>& info) {
  return std::string(info.param.engine->name()).append("_").append(name_of(info.param.at));
}
std::vector<name_case> name_cases() {
  std::vector<name_case> all;
  for (const auto* engine : providers()) {
    for (const auto at : paces) all.push_back({engine, at});
  }
  return all;
}

class matrix_resumed_name : public ::testing::TestWithParam<name_case> {
 protected:
  struct visit {
    bool resumed = false;
    std::string shown;  // the common name of the certificate that the client knows the server by
    std::string asked;  // the name, as the server knows it
    raw_session session;
  };

  // A raw client comes to the server, asks for this name (none, if it is empty), and offers the session.
  [[nodiscard]] visit come(const std::string& name, const raw_session& offered = {}) const {
    memory_pair wire;
    tls_end end("server", transport::from(wire.server), GetParam().at);
    begin(end, role::server, server);
    raw_options raw{.end = role::client, .max_version = tls1_2_wire, .servername = name};
    raw.session = offered;
    raw_peer peer(wire.client, raw);
    actor a(end);
    actor b(peer);
    a.handshake().send(to_bytes("hello")).close();
    b.handshake().recv(5).close();
    play(a, b);
    EXPECT_EQ(end.info().resumed, peer.resumed());
    return {peer.resumed(), peer.peer_common_name(), end.info().servername, peer.session()};
  }

  // libssl resumes a session under whatever name, and then calls the connection by the session's.
  static bool libssl_has_resumed(const visit& v, std::string_view name_of_session) {
    if (GetParam().engine->name() != "libssl" || !v.resumed) return false;
    EXPECT_EQ(v.asked, name_of_session);
    return true;
  }

  void SetUp() override {
    options opt;
    opt.engine = GetParam().engine->name();
    opt.protocols = "tlsv1.2";
    pki::present(opt, "server");
    opt.keypairs = {pki::pair("server-a")};  // a.example
    server = made(opt);
  }

  config server;
};

TEST_P(matrix_resumed_name, the_same_name_is_resumed) {
  for (const std::string name : {"a.example", "localhost", ""}) {
    const auto first = come(name);
    EXPECT_FALSE(first.resumed);
    const auto second = come(name, first.session);
    EXPECT_TRUE(second.resumed) << name;
    EXPECT_EQ(second.asked, name);
    EXPECT_EQ(second.shown, first.shown);
  }
}

TEST_P(matrix_resumed_name, another_name_is_not) {
  const auto first = come("a.example");
  EXPECT_EQ(first.shown, "a.example");
  for (const std::string name : {"localhost", "x.a.example", "A.example", ""}) {
    const auto other = come(name, first.session);
    if (libssl_has_resumed(other, "a.example")) continue;
    EXPECT_FALSE(other.resumed) << name;
    EXPECT_EQ(other.asked, name);
    EXPECT_EQ(other.shown, come(name).shown) << "the certificate of the name that was asked for";
  }
  EXPECT_TRUE(come("a.example", first.session).resumed) << "it is still good for its own";
}

TEST_P(matrix_resumed_name, a_name_is_not_resumed_where_none_was_asked_for) {
  const auto other = come("a.example", come("").session);
  if (libssl_has_resumed(other, "")) return;
  EXPECT_FALSE(other.resumed);
}

// A record may end anywhere in a ClientHello. What cannot be seen cannot be resumed, and that is all.
TEST_P(matrix_resumed_name, a_client_hello_in_pieces_is_answered_all_the_same) {
  const auto first = come("a.example");
  raw_options raw{.end = role::client, .max_version = tls1_2_wire, .servername = "a.example"};
  raw.session = first.session;
  for (const std::size_t at : {1U, 4U, 50U, 90U, 130U}) {
    memory_pair wire;
    tls_end end("server", transport::from(wire.server), GetParam().at);
    begin(end, role::server, server);
    raw_peer peer(wire.client, raw);
    EXPECT_EQ(peer.handshake(), want_read);
    const auto whole = records(wire.server.arrived()).front();
    ASSERT_LT(at, whole.content.size());
    const auto cut = whole.content.begin() + static_cast<std::ptrdiff_t>(at);
    wire.client.inject(to_wire(record{whole.type, whole.version, bytes(whole.content.begin(), cut)}));
    wire.client.inject(to_wire(record{whole.type, whole.version, bytes(cut, whole.content.end())}));
    actor a(end);
    actor b(peer);
    a.handshake().send(to_bytes("hello"));
    b.handshake().recv(5);
    play(a, b);
    EXPECT_EQ(end.info().servername, "a.example");
    EXPECT_EQ(end.info().resumed, peer.resumed());
  }
}

TEST_P(matrix_resumed_name, an_odd_list_of_names_resumes_nothing) {
  const auto first = come("a.example");
  raw_options raw{.end = role::client, .max_version = tls1_2_wire, .servername = "a.example"};
  raw.session = first.session;
  const std::string entry = "00 0009 612e6578616d706c65";  // a.example
  for (const std::string& odd : {"0018" + entry + entry, "000b" + entry, "000d" + entry,
                                 "000c 01" + entry.substr(2), "0000" + entry, std::string("0000")}) {
    memory_pair wire;
    tls_end end("server", transport::from(wire.server), GetParam().at);
    begin(end, role::server, server);
    raw_peer peer(wire.client, raw);
    EXPECT_EQ(peer.handshake(), want_read);
    auto asking = *client_hello(wire.server.arrived());
    ASSERT_FALSE(asking.session_id.empty());
    asking.extensions[0] = from_hex(odd);
    wire.client.inject(to_wire(asking));
    actor a(end);
    a.handshake();
    (void)drive(a);
    const auto answer = server_hello(wire.client.arrived());
    if (GetParam().engine->name() == "libssl") continue;  // it may take the name and resume, see above
    EXPECT_TRUE(!answer || answer->session_id != asking.session_id) << odd;
  }
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_resumed_name, ::testing::ValuesIn(name_cases()), name_of_case);

}  // namespace
}  // namespace stls::test
