// OCSP staples between stls and other programs.
#include <gtest/gtest.h>

#include <chrono>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"
#include "support/ocsp_maker.hpp"

namespace interop {
namespace {

using stls::test::make_ocsp;
using stls::test::ocsp_status;
using stls::test::ocsp_wish;

std::string der(const ocsp_wish& wish = {}) {
  const auto made = make_ocsp(wish);
  return {reinterpret_cast<const char*>(made.data()), made.size()};
}

class OcspToOpenssl : public by_kind {
 protected:
  void SetUp() override {
    need("openssl", "openssl");
    if (!GetParam().can(&stls::capabilities::ocsp)) GTEST_SKIP() << GetParam().engine << " cannot";
  }
};
class OcspToGnutls : public OcspToOpenssl {
 protected:
  void SetUp() override {
    need("gnutls-cli", "gnutls-bin");
    OcspToOpenssl::SetUp();
  }
};

TEST_P(OcspToOpenssl, ShowsOurStaple) {
  auto options = GetParam().server();
  options.ocsp_staple = stls::material::text(der());
  listener server(options);
  program client({"openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca.pem"),
                  "-verify_return_error", "-ign_eof", "-status"});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("OCSP Response Status: successful (0x0)")) << client.everything();
  EXPECT_TRUE(client.says("Cert Status: good")) << client.everything();
}

TEST_P(OcspToOpenssl, ShowsNoneWhereWeHaveNone) {
  listener server(GetParam().server());
  program client({"openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca.pem"),
                  "-verify_return_error", "-ign_eof", "-status"});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_TRUE(client.says("OCSP response: no response sent")) << client.everything();
}

TEST_P(OcspToGnutls, VerifiesOurStaple) {
  auto options = GetParam().server();
  options.ocsp_staple = stls::material::text(der({.signer = "responder"}));
  listener server(options);
  program client({"gnutls-cli", "--x509cafile=" + pki("ca.pem"), "--port=" + server.port(), "localhost"});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("- Status: The certificate is trusted.")) << client.everything();
  EXPECT_TRUE(client.says("OCSP status request")) << client.everything();
}

TEST_P(OcspToGnutls, BelievesOurStapleThatSaysRevoked) {
  auto options = GetParam().server("revoked");
  options.ocsp_staple = stls::material::text(der({.certificate = "revoked", .status = ocsp_status::revoked}));
  listener server(options);
  program client({"gnutls-cli", "--x509cafile=" + pki("ca.pem"), "--port=" + server.port(), "localhost"});
  auto ours = server.accept(client);
  (void)ours->fail();
  EXPECT_TRUE(client.says("revoked")) << client.everything();
  EXPECT_NE(client.status(), 0);
}

// The servers that staple to us: each can be told what to staple, or nothing.
class OcspFromOthers : public by_kind {
 protected:
  void SetUp() override {
    if (!GetParam().can(&stls::capabilities::ocsp)) GTEST_SKIP() << GetParam().engine << " cannot";
  }
  // command is that of a server that staples what is in a file, or nothing where it has no name.
  [[nodiscard]] virtual std::vector<std::string> command(const reserved_port&,
                                                         const std::string& staple) const = 0;

  [[nodiscard]] stls::options strict() const {
    auto options = GetParam().client();
    options.ocsp_require_stapling = true;
    return options;
  }
  void expect_good() const {
    const auto file = directory_.write("good.der", der());
    const reserved_port port;
    program server(command(port, file));
    auto ours = connect(port, server, strict());
    ASSERT_TRUE(ours->handshake()) << server.everything();
    EXPECT_EQ(ours->info().ocsp.result, "good");
    EXPECT_EQ(ours->info().ocsp.cert_status, 0);
    EXPECT_TRUE(ours->info().ocsp.next_update.has_value());
  }
  // What is refused in any case: a revocation.
  void expect_revoked() const {
    const auto file = directory_.write("revoked.der", der({.status = ocsp_status::revoked, .reason = 1}));
    for (const auto& options : {strict(), GetParam().client()}) {
      const reserved_port port;
      program server(command(port, file));
      auto ours = connect(port, server, options);
      const auto error = ours->fail();
      EXPECT_EQ(error, stls::errc::certificate_revoked) << error;
      EXPECT_EQ(error.message, "ocsp verify failed: revoked cert - keyCompromise");
      ours->hang_up();
      EXPECT_TRUE(server.says(GetParam().is_1_3() ? "SSL alert number 44" : "SSL alert number 113"))
          << server.everything();
    }
  }
  // What is refused where a staple is required, and else passes.
  void expect_useless(const std::string& file, const std::string& sentence) const {
    SCOPED_TRACE(sentence);
    const reserved_port port;
    program server(command(port, file));
    auto ours = connect(port, server, strict());
    const auto error = ours->fail();
    EXPECT_EQ(error, stls::errc::revocation_unknown) << error;
    EXPECT_EQ(error.message, sentence);
    ours->hang_up();
    EXPECT_TRUE(server.says("SSL alert number 113")) << server.everything();

    const reserved_port another_port;
    program another(command(another_port, file));
    EXPECT_TRUE(connect(another_port, another, GetParam().client())->handshake());
  }
  void expect_all_useless() const {
    using namespace std::chrono_literals;
    const std::string failed = "ocsp verify failed: ";
    const std::string not_current = failed + "ocsp response not current: ";
    const std::string not_signed = failed + "not signed by the issuer or its responder";
    // An OCSPResponse whose responseBytes are no BasicOCSPResponse: more than that these servers find out.
    const std::string garbage(
        "\x30\x1b\x0a\x01\x00\xa0\x16\x30\x14\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01"
        "\x04\x07garbage",
        29);
    expect_useless("", "no stapled OCSP response provided");
    const std::pair<std::string, std::string> useless[] = {
        {garbage, failed + "cannot load ocsp reply"},
        {der({.this_update = -48h, .next_update = -24h}), not_current + "it has expired"},
        {der({.this_update = 24h, .next_update = 48h}), not_current + "it is not yet valid"},
        {der({.certificate = "server-a"}), failed + "no result for cert"},
        {der({.signer = "ca2"}), not_signed},
        {der({.signer = "server"}), not_signed}};
    for (const auto& [staple, sentence] : useless)
      expect_useless(directory_.write("staple", staple), sentence);
  }

  temporary_directory directory_;
};

class OcspFromOpenssl : public OcspFromOthers {
 protected:
  void SetUp() override {
    need("openssl", "openssl");
    OcspFromOthers::SetUp();
  }
  [[nodiscard]] std::vector<std::string> command(const reserved_port& port,
                                                 const std::string& staple) const override {
    const std::string cert = pki("server.pem");
    std::vector<std::string> argv = {"openssl", "s_server",        "-accept", port.address(), "-naccept",
                                     "1",       "-cert",           cert,      "-cert_chain",  cert,
                                     "-key",    pki("server.key"), "-quiet"};
    if (!staple.empty()) argv.insert(argv.end(), {"-status_file", staple});
    return argv;
  }
};

class OcspFromNginx : public OcspFromOthers {
 protected:
  void SetUp() override {
    need("nginx", "nginx");
    OcspFromOthers::SetUp();
  }
  // One process, all of whose files are in our directory.
  [[nodiscard]] std::vector<std::string> command(const reserved_port& port,
                                                 const std::string& staple) const override {
    const std::string& at = directory_.path();
    std::string conf = "daemon off; master_process off; pid " + at +
                       "/pid; error_log stderr info;\n"
                       "events { worker_connections 16; }\nhttp { access_log off;\n";
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      conf += std::string(what) + "_temp_path " + at + "/" + what + ";\n";
    conf += "server { listen " + port.address() + " ssl; ssl_protocols TLSv1.2 TLSv1.3;\n" +
            "ssl_certificate " + pki("server.pem") + "; ssl_certificate_key " + pki("server.key") + ";\n";
    if (!staple.empty()) conf += "ssl_stapling on; ssl_stapling_file " + staple + ";\n";
    conf += "location / { return 200 \"here is nginx\"; } } }\n";
    return {"nginx", "-e", "stderr", "-p", at, "-c", directory_.write("nginx.conf", conf)};
  }
};

TEST_P(OcspFromOpenssl, IsVerifiedByOurClient) {
  expect_good();
  expect_revoked();
}
TEST_P(OcspFromOpenssl, IsRefusedWhereItIsRequiredAndProvesNothing) { expect_all_useless(); }

TEST_P(OcspFromNginx, IsVerifiedByOurClient) {
  expect_good();
  expect_revoked();
}
TEST_P(OcspFromNginx, IsRefusedWhereItIsRequiredAndProvesNothing) { expect_all_useless(); }

TEST_P(OcspFromNginx, ComesWithAnAnswer) {
  const auto file = directory_.write("good.der", der());
  const reserved_port port;
  program server(command(port, file));
  auto ours = connect(port, server, strict());
  ASSERT_TRUE(ours->send("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"));
  EXPECT_TRUE(ours->receive_all().ends_with("\r\n\r\nhere is nginx"));
  EXPECT_TRUE(ours->ended_well()) << ours->error();
}

INSTANTIATE_TEST_SUITE_P(Interop, OcspToOpenssl, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OcspToGnutls, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OcspFromOpenssl, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OcspFromNginx, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
