// What is known of a connection and its peer: names, keypairs, ALPN, certificates, OCSP.
#include "capi/kit.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace capi {
namespace {

namespace pki = stls::test::pki;

TEST(capi_peer, nothing_is_known_before_the_handshake) {
  link l;
  l.open(client_config(), server_config());
  for (tls* ctx : {static_cast<tls*>(nullptr), l.client.get(), l.server.get(), l.listener.get()}) {
    for (const auto word : {tls_conn_alpn_selected, tls_conn_cipher, tls_conn_servername, tls_conn_version,
                            tls_peer_cert_common_name, tls_peer_cert_hash, tls_peer_cert_issuer,
                            tls_peer_cert_subject, tls_peer_ocsp_result, tls_peer_ocsp_url}) {
      EXPECT_EQ(word(ctx), nullptr);
    }
    for (const auto number : {tls_conn_cipher_strength, tls_conn_session_resumed, tls_peer_cert_provided})
      EXPECT_EQ(number(ctx), 0);
    for (const auto status :
         {tls_peer_ocsp_cert_status, tls_peer_ocsp_crl_reason, tls_peer_ocsp_response_status}) {
      EXPECT_EQ(status(ctx), -1);
    }
    for (const auto time : {tls_peer_cert_notbefore, tls_peer_cert_notafter, tls_peer_ocsp_next_update,
                            tls_peer_ocsp_revocation_time, tls_peer_ocsp_this_update}) {
      EXPECT_EQ(time(ctx), -1);
    }
    std::size_t size = 7;
    EXPECT_EQ(tls_peer_cert_chain_pem(ctx, &size), nullptr);
    EXPECT_EQ(tls_peer_cert_contains_name(ctx, "localhost"), 0);
    EXPECT_EQ(tls_ocsp_process_response(ctx, nullptr, 0), -1);
  }
}

TEST(capi_peer, the_connection) {
  const config c = client_config();
  const config s = server_config();
  ASSERT_EQ(tls_config_set_alpn(c.get(), "h2,http/1.1"), 0);
  ASSERT_EQ(tls_config_set_alpn(s.get(), "http/1.1,h2"), 0);
  ASSERT_EQ(tls_config_set_protocols(s.get(), TLS_PROTOCOL_TLSv1_2), 0);
  ASSERT_EQ(tls_config_set_ciphers(s.get(), "ECDHE-ECDSA-AES128-GCM-SHA256"), 0);
  link l;
  l.open(c, s);
  ASSERT_TRUE(l.shake());
  for (tls* ctx : {l.client.get(), l.server.get()}) {
    EXPECT_EQ(text(tls_conn_alpn_selected(ctx)), "http/1.1") << "the server's order decides";
    EXPECT_EQ(text(tls_conn_version(ctx)), "TLSv1.2");
    EXPECT_EQ(text(tls_conn_cipher(ctx)), "ECDHE-ECDSA-AES128-GCM-SHA256");
    EXPECT_EQ(tls_conn_cipher_strength(ctx), 128);
    EXPECT_EQ(text(tls_conn_servername(ctx)), "localhost");
    EXPECT_EQ(tls_conn_session_resumed(ctx), 0);
  }
}

TEST(capi_peer, alpn_without_a_common_protocol_fails_and_one_side_alone_does_not) {
  const config none = client_config();
  const config h2 = client_config();
  tls_config_set_alpn(h2.get(), "h2");
  const config s = server_config();
  tls_config_set_alpn(s.get(), "http/1.1");
  {
    link l;
    l.open(h2, s);
    EXPECT_EQ(l.client_refusal(), "handshake failed: alert received: no_application_protocol");
  }
  {
    link l;
    l.open(none, s);
    EXPECT_TRUE(l.shake());
  }
  link l;
  l.open(h2, server_config());
  EXPECT_TRUE(l.shake());
  EXPECT_EQ(tls_conn_alpn_selected(l.client.get()), nullptr);
}

TEST(capi_peer, its_certificate) {
  link l;
  l.open(client_config(), server_config());
  ASSERT_TRUE(l.shake());
  tls* const c = l.client.get();
  EXPECT_EQ(tls_peer_cert_provided(c), 1);
  EXPECT_EQ(text(tls_peer_cert_common_name(c)), "localhost");
  EXPECT_NE(text(tls_peer_cert_subject(c)).find("/CN=localhost"), std::string::npos);
  EXPECT_NE(text(tls_peer_cert_issuer(c)).find("/CN="), std::string::npos);
  EXPECT_EQ(text(tls_peer_cert_hash(c)).substr(0, 7), "SHA256:");
  EXPECT_EQ(text(tls_peer_cert_hash(c)).size(), 7U + 64U);
  EXPECT_LT(tls_peer_cert_notbefore(c), std::time(nullptr));
  EXPECT_GT(tls_peer_cert_notafter(c), std::time(nullptr));
  for (const char* good : {"localhost", "a.wild.example", "127.0.0.1", "::1"})
    EXPECT_EQ(tls_peer_cert_contains_name(c, good), 1) << good;
  for (const char* bad : {"other.example", "wild.example", "a.b.wild.example", "127.0.0.2", "", "\xff"})
    EXPECT_EQ(tls_peer_cert_contains_name(c, bad), 0) << bad;
  EXPECT_EQ(tls_peer_cert_contains_name(c, nullptr), 0);

  std::size_t size = 0;
  const auto* chain = tls_peer_cert_chain_pem(c, &size);
  ASSERT_NE(chain, nullptr);
  const std::string pem(reinterpret_cast<const char*>(chain), size);
  EXPECT_EQ(tls_peer_cert_chain_pem(c, nullptr), chain) << "the same memory, as long as the connection";
  std::size_t certificates = 0;
  for (std::size_t i = 0; (i = pem.find("-----BEGIN CERTIFICATE-----", i)) != std::string::npos; ++i)
    ++certificates;
  EXPECT_EQ(certificates, 2U);

  EXPECT_EQ(tls_peer_cert_provided(l.server.get()), 0);
  EXPECT_EQ(tls_peer_cert_subject(l.server.get()), nullptr);
  EXPECT_EQ(tls_peer_cert_notafter(l.server.get()), -1);
}

TEST(capi_peer, client_certificates) {
  const config with = client_config();
  ASSERT_EQ(tls_config_set_keypair_file(with.get(), pki::path("client.pem").c_str(),
                                        pki::path("client.key").c_str()),
            0);
  const config required = server_config();
  tls_config_set_ca_file(required.get(), pki::path("ca.pem").c_str());
  tls_config_verify_client(required.get());
  const config optional = server_config();
  tls_config_set_ca_file(optional.get(), pki::path("ca.pem").c_str());
  tls_config_verify_client(optional.get());
  tls_config_verify_client_optional(optional.get());
  {
    link l;
    l.open(with, required);
    ASSERT_TRUE(l.shake() && l.greet());
    EXPECT_EQ(text(tls_peer_cert_common_name(l.server.get())), "client");
  }
  {
    link l;
    l.open(client_config(), required);
    EXPECT_FALSE(l.shake() && l.greet());
    EXPECT_NE(tls_error(l.server.get()), nullptr);
  }
  link l;
  l.open(client_config(), optional);
  EXPECT_TRUE(l.shake() && l.greet());
}

TEST(capi_peer, keypairs_are_chosen_by_the_servers_name) {
  const config s = server_config();
  for (const char* name : {"server-a", "server-b"}) {
    ASSERT_EQ(tls_config_add_keypair_file(s.get(), pki::path(std::string(name) + ".pem").c_str(),
                                          pki::path(std::string(name) + ".key").c_str()),
              0);
  }
  for (const char* name : {"localhost", "x.a.example", "b.example"}) {
    link l;
    l.open(client_config(), s, name);
    ASSERT_TRUE(l.shake()) << name << ": " << text(tls_error(l.client.get()));
    EXPECT_EQ(tls_peer_cert_contains_name(l.client.get(), name), 1);
  }
}

TEST(capi_peer, names_are_verified) {
  const auto refusal = [](const char* name) {
    link l;
    l.open(client_config(), server_config(), name);
    return l.client_refusal();
  };
  EXPECT_EQ(refusal("other.example"), "name `other.example' not present in server certificate");
  EXPECT_EQ(refusal("127.0.0.2").substr(0, 18), "name `127.0.0.2' n");
  const context c = client(client_config());
  EXPECT_EQ(tls_connect_cbs(c.get(), read_end, write_end, nullptr, nullptr), -1) << "no name, but verified";
  EXPECT_EQ(text(tls_error(c.get())).substr(0, 18), "servername: empty;");
  const config loose = client_config();
  tls_config_insecure_noverifyname(loose.get());
  link l;
  l.open(loose, server_config(), "other.example");
  EXPECT_TRUE(l.shake());
}

TEST(capi_peer, ocsp_by_staple_and_by_hand) {
  const stls::test::bytes good = stls::test::make_ocsp();
  const auto bytes = [](const stls::test::bytes& b) {
    return reinterpret_cast<const unsigned char*>(b.data());
  };
  const config s = server_config();
  ASSERT_EQ(tls_config_set_ocsp_staple_mem(s.get(), bytes(good), good.size()), 0);
  const config c = client_config();
  tls_config_ocsp_require_stapling(c.get());
  const context probe(tls_client());
  if (!engine().ocsp) {
    EXPECT_EQ(tls_configure(probe.get(), c.get()), -1);
    EXPECT_EQ(text(tls_error(probe.get())), "ocsp_require_stapling: not supported by engine 'bearssl'");
    return;
  }
  ASSERT_EQ(tls_configure(probe.get(), c.get()), 0) << text(tls_error(probe.get()));
  link l;
  l.open(c, s);
  ASSERT_TRUE(l.shake()) << text(tls_error(l.client.get()));
  tls* const ctx = l.client.get();
  EXPECT_EQ(tls_peer_ocsp_response_status(ctx), TLS_OCSP_RESPONSE_SUCCESSFUL);
  EXPECT_EQ(tls_peer_ocsp_cert_status(ctx), TLS_OCSP_CERT_GOOD);
  EXPECT_EQ(tls_peer_ocsp_crl_reason(ctx), -1);
  EXPECT_EQ(text(tls_peer_ocsp_result(ctx)), "good");
  EXPECT_LT(tls_peer_ocsp_this_update(ctx), std::time(nullptr));
  EXPECT_GT(tls_peer_ocsp_next_update(ctx), std::time(nullptr));
  EXPECT_EQ(tls_peer_ocsp_revocation_time(ctx), -1);
  EXPECT_EQ(tls_peer_ocsp_url(ctx), nullptr);

  EXPECT_EQ(tls_ocsp_process_response(ctx, bytes(good), good.size()), 0);
  const auto revoked = stls::test::make_ocsp({.status = stls::test::ocsp_status::revoked, .reason = 1});
  EXPECT_EQ(tls_ocsp_process_response(ctx, bytes(revoked), revoked.size()), -1);
  EXPECT_NE(text(tls_error(ctx)).find("revoked"), std::string::npos);
  EXPECT_EQ(tls_peer_ocsp_cert_status(ctx), TLS_OCSP_CERT_REVOKED);
  EXPECT_EQ(tls_peer_ocsp_crl_reason(ctx), TLS_CRL_REASON_KEY_COMPROMISE);
  EXPECT_NE(tls_peer_ocsp_revocation_time(ctx), -1);
  EXPECT_EQ(tls_ocsp_process_response(ctx, bytes(revoked), 5), -1);
  EXPECT_TRUE(l.greet()) << "which ends nothing";

  link without;
  without.open(c, server_config());
  EXPECT_EQ(without.client_refusal(), "no stapled OCSP response provided");
}

}  // namespace
}  // namespace capi
