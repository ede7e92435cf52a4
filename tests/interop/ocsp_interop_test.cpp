// OCSP staples between stls and other programs.
#include <gtest/gtest.h>

#include <chrono>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
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
    if (!stls::find_provider(GetParam().engine)->capabilities().ocsp)
      GTEST_SKIP() << GetParam().engine << " cannot";
  }
};
class OcspToGnutls : public OcspToOpenssl {
 protected:
  void SetUp() override {
    need("gnutls-cli", "gnutls-bin");
    OcspToOpenssl::SetUp();
  }
};
class OcspFromOpenssl : public OcspToOpenssl {};

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

TEST_P(OcspFromOpenssl, IsVerifiedByOurClient) {
  const temporary_directory directory;
  const std::string cert = pki("server.pem");
  auto options = GetParam().client();
  options.ocsp_require_stapling = true;
  {
    const auto file = directory.write("good.der", der());
    const reserved_port port;
    program server({"openssl", "s_server", "-accept", port.address(), "-naccept", "1", "-cert", cert,
                    "-cert_chain", cert, "-key", pki("server.key"), "-quiet", "-status_file", file});
    auto ours = connect(port, server, options);
    ASSERT_TRUE(ours->handshake());
    EXPECT_EQ(ours->info().ocsp.result, "good");
    EXPECT_EQ(ours->info().ocsp.cert_status, 0);
    EXPECT_TRUE(ours->info().ocsp.next_update.has_value());
  }
  {
    const auto file = directory.write("revoked.der", der({.status = ocsp_status::revoked, .reason = 1}));
    const reserved_port port;
    program server({"openssl", "s_server", "-accept", port.address(), "-naccept", "1", "-cert", cert,
                    "-cert_chain", cert, "-key", pki("server.key"), "-quiet", "-status_file", file});
    auto ours = connect(port, server, options);
    const auto error = ours->fail();
    EXPECT_EQ(error, stls::errc::certificate_revoked) << error;
    EXPECT_EQ(error.message, "ocsp verify failed: revoked cert - keyCompromise");
    EXPECT_TRUE(server.says(GetParam().is_1_3() ? "SSL alert number 44" : "SSL alert number 113"))
        << server.everything();
  }
  {
    const reserved_port port;
    program server({"openssl", "s_server", "-accept", port.address(), "-naccept", "1", "-cert", cert,
                    "-cert_chain", cert, "-key", pki("server.key"), "-quiet"});
    auto ours = connect(port, server, options);
    const auto error = ours->fail();
    EXPECT_EQ(error, stls::errc::revocation_unknown) << error;
    EXPECT_EQ(error.message, "no stapled OCSP response provided");
    EXPECT_TRUE(server.says("SSL alert number 113")) << server.everything();
  }
}

INSTANTIATE_TEST_SUITE_P(Interop, OcspToOpenssl, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OcspToGnutls, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OcspFromOpenssl, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
