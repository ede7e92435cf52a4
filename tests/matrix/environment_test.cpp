// What the environment of the process may do, and what it may not: each part runs in a process of its own.
#include "config/anchors.hpp"
#include "support/child.hpp"
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"
#include "support/tls_link.hpp"

#include <stls/config.hpp>
#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

namespace stls::test {
namespace {

// -- openssl.cnf --

// Everything that an openssl.cnf can loosen.
constexpr const char* weak_conf = R"(
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = TLSv1
MaxProtocol = TLSv1.3
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
Ciphersuites = TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384
Groups = P-521:X448
SignatureAlgorithms = RSA+SHA1:ECDSA+SHA1:RSA+SHA256:ECDSA+SHA256
VerifyMode = None
Options = UnsafeLegacyRenegotiation,ClientRenegotiation,Compression,NoEncryptThenMac,-ServerPreference
)";

std::vector<options> hello_options() {
  options plain;
  plain.ca = pki::file("ca.pem");
  options old = plain;
  old.protocols = "tlsv1.2";
  options compat = plain;
  compat.ciphers = "compat";
  return {plain, old, compat};
}

// What a client offers, without what is random; and what becomes of weak peers.
std::string behaviour() {
  std::string text;
  for (const auto* engine : providers()) {
    for (auto opt : hello_options()) {
      opt.engine = engine->name();
      memory_pair wire;
      tls_end end("client", transport::from(wire.client));
      begin(end, role::client, opt);
      (void)end.handshake();
      const auto hello = client_hello(wire.server.arrived());
      if (!hello) return "no hello\n";
      text += "ciphers";
      for (const auto id : hello->ciphers) text += " " + std::to_string(id);
      text += "\ngroups";
      for (const auto id : hello->groups()) text += " " + std::to_string(id);
      text += "\nsignatures";
      for (const auto id : hello->signature_algorithms()) text += " " + std::to_string(id);
      text += "\nversions";
      for (const auto id : hello->versions()) text += " " + std::to_string(id);
      text += "\nextensions";
      for (const auto& [id, content] : hello->extensions) text += " " + std::to_string(id);
      text += "\ncompressions " + to_hex(hello->compressions) + "\n";
    }
    const auto outcome_of = [&](role r, options opt, const raw_options& raw) {
      opt.engine = engine->name();
      raw_link link(r, opt, raw);
      actor a(link.end);
      actor b(link.peer);
      a.handshake();
      b.handshake();
      (void)drive(a, b);
      text += a.done() ? "connected " + link.end.info().version + " " + link.end.info().cipher
                       : "refused: " + a.failure.message;
      text += "\n";
    };
    options client;
    client.ca = pki::file("ca.pem");
    options server;
    pki::present(server, "server-rsa");
    const raw_options old_peer = {.min_version = tls1_0_wire, .max_version = tls1_1_wire};
    outcome_of(role::client, client, old_peer);
    outcome_of(role::server, server, old_peer);
    outcome_of(role::server, server, {.max_version = tls1_2_wire, .ciphers = "AES128-SHA:@SECLEVEL=0"});
    outcome_of(role::server, server,
               {.max_version = tls1_2_wire, .ciphers = "AECDH-AES128-SHA:NULL-SHA:@SECLEVEL=0"});
    outcome_of(role::client, client, {.certificate = "untrusted", .groups = "P-256"});
    for (const std::string weak : {"of-ca-weak-rsa", "sha1", "of-ca-sha1"}) {
      outcome_of(role::client, client, {.certificate = weak, .groups = "P-256"});
    }
  }
  return text;
}

const child_part behaviour_part("behaviour", [] {
  std::fputs(behaviour().c_str(), stdout);
  return 0;
});

TEST(matrix_openssl_conf, cannot_lower_what_stls_asks_for) {
  const std::string conf = ::testing::TempDir() + "stls_test_weak_" + std::to_string(::getpid()) + ".cnf";
  pki::write(conf, weak_conf);
  const auto plain = run_child("behaviour", {{"OPENSSL_CONF", "/dev/null"}});
  const auto weak = run_child("behaviour", {{"OPENSSL_CONF", conf}});
  EXPECT_EQ(std::remove(conf.c_str()), 0);
  EXPECT_EQ(plain.exit_code, 0) << plain.output;
  EXPECT_EQ(weak.exit_code, 0) << weak.output;
  EXPECT_NE(plain.output.find("refused: "), std::string::npos) << plain.output;
  EXPECT_EQ(plain.output.find("connected TLSv1.0"), std::string::npos) << plain.output;
  for (const std::string reason : {"certificate key too weak", "certificate signature algorithm too weak"}) {
    EXPECT_NE(plain.output.find("refused: certificate verification failed: " + reason), std::string::npos)
        << plain.output;
  }
  EXPECT_EQ(weak.output, plain.output);
}

// The file is not without effect: libssl itself, with its own defaults, follows it. Else the test above
// proves nothing.
const child_part libssl_part("libssl defaults", [] {
  memory_pair wire;
  raw_peer peer(wire.client, {.end = role::client, .min_version = 0, .max_version = 0, .ciphers = ""});
  (void)peer.handshake();
  const auto hello = client_hello(wire.server.arrived());
  if (hello) {
    for (const auto id : hello->groups()) std::printf(" %d", id);
  }
  return 0;
});

TEST(matrix_openssl_conf, is_in_effect_on_libssl_itself) {
  const std::string conf = ::testing::TempDir() + "stls_test_weak2_" + std::to_string(::getpid()) + ".cnf";
  pki::write(conf, weak_conf);
  const auto weak = run_child("libssl defaults", {{"OPENSSL_CONF", conf}});
  EXPECT_EQ(std::remove(conf.c_str()), 0);
  EXPECT_EQ(weak.output, " 25 30");  // P-521, X448
}

// -- the system's trust store --

options of_the_system() {
  options opt;
  opt.insecure_noverifyname = false;
  return opt;
}

const child_part system_file_part("system file", [] {
  std::puts(system_file());
  return 0;
});

TEST(matrix_environment, the_file_of_the_system_store_has_a_name) {
  const std::string named = pki::path("ca.pem");
  EXPECT_EQ(run_child("system file", {{"SSL_CERT_FILE", named}}).output, named + "\n");
  EXPECT_EQ(run_child("system file", {{"SSL_CERT_FILE", ""}}).output.substr(0, 5), "/etc/");
}

const child_part system_store_part("system store", [] {
  const auto conf = config::make(of_the_system());
  if (!conf) {
    std::printf("config: %s\n", conf.error().message.c_str());
    return 0;
  }
  const auto c = client::make(*conf);
  if (!c) {
    std::printf("client: %s\n", c.error().message.c_str());
    return 0;
  }
  options server;
  pki::present(server, "server");
  const auto m = meet(*conf, made(server));
  std::printf("%s\n", m.ok ? "connected" : m.client.message.c_str());
  return 0;
});

TEST(matrix_environment, ssl_cert_file_is_the_systems_store) {
  const auto good = run_child("system store", {{"SSL_CERT_FILE", pki::path("ca.pem")}, {"SSL_CERT_DIR", ""}});
  EXPECT_EQ(good.output, "connected\n");
  const auto other =
      run_child("system store", {{"SSL_CERT_FILE", pki::path("ca2.pem")}, {"SSL_CERT_DIR", ""}});
  EXPECT_EQ(other.output, "certificate verification failed: unable to get local issuer certificate\n");
}

TEST(matrix_environment, ssl_cert_dir_is_the_systems_store) {
  const auto good = run_child("system store", {{"SSL_CERT_FILE", ""}, {"SSL_CERT_DIR", pki::path("ca-dir")}});
  EXPECT_EQ(good.output, "connected\n");
}

TEST(matrix_environment, a_system_store_that_is_missing_is_the_clients_error) {
  const auto missing = run_child("system store", {{"SSL_CERT_FILE", "/there is none"}, {"SSL_CERT_DIR", ""}});
  EXPECT_EQ(missing.output, "client: ca: cannot read '/there is none': No such file or directory\n");
}

const child_part ca_system_part("ca_system", [] {
  options opt;
  opt.ca = pki::file("ca2.pem");
  opt.ca_system = std::getenv("STLS_TEST_WITH_SYSTEM") != nullptr;
  options server;
  pki::present(server, "server");
  const auto m = meet(opt, server);
  std::printf("%s\n", m.ok ? "connected" : m.client.message.c_str());
  return 0;
});

TEST(matrix_environment, ca_replaces_the_systems_store_and_ca_system_adds_it_again) {
  const std::map<std::string, std::string> system = {{"SSL_CERT_FILE", pki::path("ca.pem")},
                                                     {"SSL_CERT_DIR", ""}};
  EXPECT_EQ(run_child("ca_system", system).output,
            "certificate verification failed: unable to get local issuer certificate\n");
  auto with = system;
  with["STLS_TEST_WITH_SYSTEM"] = "1";
  EXPECT_EQ(run_child("ca_system", with).output, "connected\n");
}

// -- the engine --

const child_part engine_part("engine", [] {
  options opt;
  opt.insecure_noverifycert = true;
  const auto conf = config::make(opt);
  std::printf("%s", conf ? conf->describe().c_str() : (conf.error().message + "\n").c_str());
  return 0;
});

TEST(matrix_environment, stls_engine_chooses_the_engine) {
  std::string known;
  for (const auto* p : providers()) {
    known += (known.empty() ? "" : ", ") + std::string(p->name());
    const auto out = run_child("engine", {{"STLS_ENGINE", std::string(p->name())}});
    EXPECT_TRUE(out.output.starts_with("engine: " + std::string(p->name()) + " ")) << out.output;
  }
  const auto unknown = run_child("engine", {{"STLS_ENGINE", "schannel"}});
  EXPECT_EQ(unknown.output,
            "STLS_ENGINE in the environment: unknown engine 'schannel'; built in: " + known + "\n");
  const auto empty = run_child("engine", {{"STLS_ENGINE", ""}});
  EXPECT_TRUE(empty.output.starts_with("engine: " + std::string(providers().front()->name())))
      << empty.output;
}

// -- nothing is printed, nothing is raised --

const child_part quiet_part("quiet", [] {
  // A server's certificate that has expired, a refused client, garbage: by default nobody hears of it.
  options server;
  pki::present(server, "expired");
  options client;
  client.ca = pki::file("ca.pem");
  (void)meet(client, server);
  memory_pair wire;
  tls_end end("server", transport::from(wire.server));
  begin(end, role::server, server);
  wire.client.inject(to_bytes("GET / HTTP/1.1\r\n\r\n"));
  (void)end.handshake();
  return ::testing::Test::HasFailure() ? 1 : 0;
});

TEST(matrix_environment, nothing_is_ever_printed_by_default) {
  const auto out = run_child("quiet");
  EXPECT_EQ(out.exit_code, 0);
  EXPECT_EQ(out.output, "");
}

}  // namespace
}  // namespace stls::test
