// The Certificate message: with no certificate, with an empty one, with many.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stls::test {
namespace {

constexpr std::size_t many = 64;

class matrix_certificate_message : public ::testing::TestWithParam<engine_case> {
 protected:
  // The pair of that name, and behind its chain as many others as make it `many`.
  static void present_many(options& opt, const std::string& name) {
    std::string chain = pki::read(pki::path(name + ".pem"));
    const std::size_t own = certificates_in(pki::path(name + ".pem")).size();
    const std::string other = pki::read(pki::path("server-direct.pem"));
    for (std::size_t i = own; i < many; ++i) chain += other;
    opt.cert = pem::text(chain);
    opt.key = pki::file(name + ".key");
  }

  // A server's first flight of TLS 1.2, with that Certificate message instead of its own.
  static bytes exchanged(std::span<const std::byte> flight, const bytes& certificate_message) {
    bytes messages;
    for (const auto& r : records(flight)) append(messages, r.content);
    bytes out;
    for (std::size_t at = 0; at < messages.size();) {
      constexpr std::size_t header = 4;
      constexpr std::byte certificate{11};
      std::size_t size = header;
      for (std::size_t i = 0; i < 3; ++i)
        size += std::to_integer<std::size_t>(messages[at + 1 + i]) << (8 * (2 - i));
      const auto first = messages.begin() + static_cast<std::ptrdiff_t>(at);
      const bytes whole(first, first + static_cast<std::ptrdiff_t>(size));
      append(out, to_wire(record{.type = 22,
                                 .version = 0x0303,
                                 .content = whole.front() == certificate ? certificate_message : whole}));
      at += size;
    }
    return out;
  }

  // What a client says of a server that sends this.
  static error refusal_of(const bytes& certificate_message) {
    tls_link link;
    link.open(GetParam());
    EXPECT_EQ(link.client.handshake(), want_read);
    EXPECT_EQ(link.server.handshake(), want_read);
    link.wire.server.inject(exchanged(link.wire.client.arrived(), certificate_message));
    EXPECT_EQ(link.client.handshake(), failed);
    const auto alerts = plain_alerts(link.wire.server.arrived());
    EXPECT_EQ(alerts.size(), 1U);
    if (!alerts.empty()) {
      EXPECT_EQ(alerts.front().level, 2);
    }
    return link.client.failure();
  }
};

TEST_P(matrix_certificate_message, a_server_that_shows_none_is_refused) {
  if (GetParam().tls1_3()) return;  // it cannot be exchanged there
  const auto e = refusal_of(from_hex("0b 000003 000000"));
  EXPECT_TRUE(e == errc::protocol || e == errc::certificate_untrusted || e == errc::certificate_missing)
      << e.message;
}

TEST_P(matrix_certificate_message, a_server_that_shows_an_empty_one_is_refused) {
  if (GetParam().tls1_3()) return;
  const auto e = refusal_of(from_hex("0b 000006 000003 000000"));
  EXPECT_TRUE(e == errc::protocol || e == errc::certificate_untrusted) << e.message;
}

TEST_P(matrix_certificate_message, many_of_a_server_are_taken_and_known) {
  auto server = GetParam().server_options();
  present_many(server, "server");
  const auto m = meet(GetParam().client_options(), server);
  EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
  EXPECT_EQ(m.client_info.peer_chain.size(), many);
  EXPECT_EQ(m.client_info.peer.common_name, "localhost");
}

TEST_P(matrix_certificate_message, many_of_a_client_are_taken_and_known) {
  auto client = GetParam().client_options();
  present_many(client, "client");
  auto server = GetParam().server_options();
  server.ca = pki::file("ca.pem");
  server.verify_client = true;
  const auto m = meet(client, server);
  EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
  EXPECT_EQ(m.server_info.peer_chain.size(), many);
}

TEST_P(matrix_certificate_message, a_session_of_many_can_be_exported_and_imported) {
  auto opt = GetParam().server_options();
  present_many(opt, "server");
  const auto server = made(opt);
  std::vector<std::byte> session;
  {
    tls_link link;
    link.open(made(GetParam().client_options()), server);
    actor a(link.client);
    actor b(link.server);
    a.handshake().recv(5);
    b.handshake().send(to_bytes("hello"));
    play(a, b);
    auto exported = link.client.conn().export_session();
    ASSERT_TRUE(succeeded(exported));
    session = std::move(*exported);
  }
  EXPECT_TRUE(resumes(made(GetParam().client_options()), server, session));
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_certificate_message, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
