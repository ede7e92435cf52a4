// conn_info: what is known of a connection and its peer, at both ends, compared with what libcrypto says.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace stls::test {
namespace {

class matrix_conn_info : public ::testing::TestWithParam<engine_case> {
 protected:
  static options server() {
    auto opt = GetParam().server_options();
    opt.ca = pki::file("ca.pem");
    opt.verify_client = true;
    opt.alpn = "h2";
    return opt;
  }
  static options client() {
    auto opt = GetParam().client_options();
    pki::present(opt, "client");
    opt.alpn = "h2,http/1.1";
    return opt;
  }
};

// The answer of a command of the system, without the line end; "" if there is no such command.
std::string answer_of(const std::string& command) {
  const auto closer = [](std::FILE* f) { ::pclose(f); };
  const std::unique_ptr<std::FILE, decltype(closer)> pipe(::popen((command + " 2>/dev/null").c_str(), "r"),
                                                          closer);
  std::string out;
  std::array<char, 512> room{};
  while (pipe && std::fgets(room.data(), static_cast<int>(room.size()), pipe.get()) != nullptr)
    out += room.data();
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

TEST_P(matrix_conn_info, the_connection_is_described_alike_at_both_ends) {
  const auto m = meet(client(), server(), "localhost");
  ASSERT_TRUE(m.ok) << m.client.message << m.server.message;
  for (const auto* info : {&m.client_info, &m.server_info}) {
    EXPECT_EQ(info->version, GetParam().version_name());
    EXPECT_FALSE(info->cipher.empty());
    EXPECT_TRUE(info->cipher_strength == 128 || info->cipher_strength == 256) << info->cipher_strength;
    EXPECT_FALSE(info->group.empty());
    EXPECT_EQ(info->alpn, "h2");
    EXPECT_EQ(info->servername, "localhost");
    EXPECT_FALSE(info->resumed);
    EXPECT_TRUE(info->peer_certificate_given);
  }
  EXPECT_EQ(m.client_info.cipher, m.server_info.cipher);
  EXPECT_EQ(m.client_info.group, m.server_info.group);
  EXPECT_EQ(m.client_info.engine, GetParam().client->name());
  EXPECT_EQ(m.server_info.engine, GetParam().server->name());
  EXPECT_EQ(m.client_info.cipher.starts_with("TLS_"), GetParam().tls1_3()) << m.client_info.cipher;
}

TEST_P(matrix_conn_info, the_servers_certificate_is_described_to_the_client) {
  const auto m = meet(client(), server());
  ASSERT_TRUE(m.ok) << m.client.message;
  const auto& peer = m.client_info.peer;
  EXPECT_EQ(peer.subject, "/CN=localhost");
  EXPECT_EQ(peer.issuer, "/CN=stls test intermediate");
  EXPECT_EQ(peer.common_name, "localhost");
  EXPECT_EQ(peer.dns_names, (std::vector<std::string>{"localhost", "test.example", "*.wild.example"}));
  EXPECT_EQ(peer.ip_addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_TRUE(peer.emails.empty());
  EXPECT_TRUE(peer.uris.empty());
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(peer.not_before, now);
  EXPECT_GT(peer.not_before, now - std::chrono::days(400));
  EXPECT_GT(peer.not_after, now);
  EXPECT_LT(peer.not_after, now + std::chrono::days(40000));
}

TEST_P(matrix_conn_info, the_clients_certificate_is_described_to_the_server) {
  const auto m = meet(client(), server());
  ASSERT_TRUE(m.ok) << m.client.message;
  const auto& peer = m.server_info.peer;
  EXPECT_EQ(peer.subject, "/CN=client");
  EXPECT_EQ(peer.common_name, "client");
  EXPECT_TRUE(peer.dns_names.empty());
  EXPECT_TRUE(peer.ip_addresses.empty());
  EXPECT_EQ(peer.emails, std::vector<std::string>{"client@test.example"});
  EXPECT_EQ(peer.uris, std::vector<std::string>{"spiffe://example/client"});
}

TEST_P(matrix_conn_info, the_chain_is_what_the_peer_sent_byte_for_byte) {
  const auto m = meet(client(), server());
  ASSERT_TRUE(m.ok) << m.client.message;
  const auto sent_by_server = certificates_in(pki::path("server.pem"));
  const auto sent_by_client = certificates_in(pki::path("client.pem"));
  ASSERT_EQ(sent_by_server.size(), 2U);
  EXPECT_EQ(m.client_info.peer_chain, sent_by_server);
  EXPECT_EQ(m.server_info.peer_chain, sent_by_client);
}

TEST_P(matrix_conn_info, the_chain_as_pem_reads_back_as_the_same) {
  const auto m = meet(client(), server());
  ASSERT_TRUE(m.ok) << m.client.message;
  const auto text = m.client_info.peer_chain_pem();
  EXPECT_EQ(text, pki::read(pki::path("server.pem")));
  EXPECT_EQ(conn_info().peer_chain_pem(), "");
}

TEST_P(matrix_conn_info, the_hash_is_the_sha256_of_the_certificate) {
  const auto m = meet(client(), server());
  ASSERT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.peer.hash,
            "SHA256:" + sha256_hex(certificates_in(pki::path("server.pem")).front()));
  EXPECT_EQ(m.server_info.peer.hash,
            "SHA256:" + sha256_hex(certificates_in(pki::path("client.pem")).front()));
}

TEST_P(matrix_conn_info, the_hash_is_what_the_openssl_command_calls_fingerprint) {
  const auto line =
      answer_of("openssl x509 -noout -fingerprint -sha256 -in '" + pki::path("server.pem") + "'");
  if (line.empty())
    GTEST_SKIP() << "there is no openssl command here; the test before compares with libcrypto";
  std::string expected = "SHA256:";  // line: sha256 Fingerprint=AB:CD:...
  for (const char c : line.substr(line.find('=') + 1)) {
    if (c != ':') expected += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  }
  EXPECT_EQ(meet(client(), server()).client_info.peer.hash, expected);
}

TEST_P(matrix_conn_info, an_unverified_peer_is_described_too) {
  auto c = GetParam().client_options();
  c.insecure_noverifycert = true;
  const auto m = meet(c, GetParam().server_options("untrusted"));
  ASSERT_TRUE(m.ok) << m.client.message;
  EXPECT_TRUE(m.client_info.peer_certificate_given);
  EXPECT_EQ(m.client_info.peer.issuer, "/CN=stls test ca 2, not trusted");
  EXPECT_EQ(m.client_info.peer_chain.size(), 1U);
}

TEST_P(matrix_conn_info, bytes_beyond_ascii_are_escaped) {
  const auto odd = make_certificate({.common_name = "b\xC3\xBC\ncher", .names = "DNS:localhost"});
  auto c = GetParam().client_options();
  c.ca = pem::text(odd.cert);
  auto s = GetParam().server_options();
  s.cert = pem::text(odd.cert);
  s.key = pem::text(odd.key);
  const auto m = meet(c, s);
  ASSERT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.peer.subject, "/CN=b\\xC3\\xBC\\x0Acher");
  EXPECT_EQ(m.client_info.peer.dns_names, std::vector<std::string>{"localhost"});
}

TEST_P(matrix_conn_info, info_stays_after_the_end) {
  tls_link link;
  link.establish(GetParam());
  actor a(link.client);
  actor b(link.server);
  a.close();
  b.recv_end().close();
  play(a, b);
  EXPECT_EQ(link.client.info().version, GetParam().version_name());
  EXPECT_EQ(link.server.info().version, GetParam().version_name());
  EXPECT_EQ(&link.client.conn().info(), &link.client.conn().info()) << "the same object each time";
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_conn_info, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
