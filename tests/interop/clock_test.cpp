// Lifetimes and validity where a whole process, libraries included, has another clock. Tests within one
// process, with stls's clock, are in tests/matrix.
#include <gtest/gtest.h>

#include <stls/stls.hpp>
#include <string>
#include <vector>

#include "interop/ends.hpp"
#include "interop/other_clock.hpp"
#include "interop/peer.hpp"
#include "interop/program.hpp"
#include "support/ocsp_maker.hpp"

namespace interop {
namespace {

class Clocks : public by_kind {
 protected:
  void SetUp() override {
    static const std::string reason = why_no_other_clock();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  static std::vector<std::string> server(const std::vector<std::string>& more = {}) {
    return peer_command("stls_server", GetParam(), {}, more);
  }
  static std::vector<std::string> client(const peer_server& server,
                                         const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {peer_path("stls_client"), "port=" + std::to_string(server.port()),
                                        "engine=" + GetParam().engine, "protocols=" + GetParam().protocols(),
                                        "ca=" + pki("ca.pem")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  // said is what a client prints of a connection, or why it failed.
  static std::string said(const std::vector<std::string>& command) {
    program client(command);
    return client.status() == 0 ? client.line(0) : client.messages();
  }
};

TEST_P(Clocks, AClientPastTheLifetimeOfASessionDoesNotOfferIt) {
  const temporary_directory directory;
  const std::string session = directory.path() + "/session";
  const peer_server here(server());
  EXPECT_EQ(said(client(here, {"save=" + session})), "full, full");
  EXPECT_EQ(said(client(here, {"session=" + session})), "resumed, resumed");
  EXPECT_EQ(said(with_clock("+119m", client(here, {"session=" + session}))), "resumed, resumed");
  EXPECT_EQ(said(with_clock("+121m", client(here, {"session=" + session}))), "full, full");
}

TEST_P(Clocks, AServerPastTheLifetimeOfASessionDoesNotAcceptIt) {
  if (!GetParam().can(&stls::capabilities::tickets)) GTEST_SKIP() << "an engine without tickets";
  peer_server here(server());
  peer_server earlier(with_clock("+119m", server()));
  peer_server later(with_clock("+121m", server()));
  const auto ours = made_client(GetParam().client());
  EXPECT_EQ(here.visit(ours), "full");
  EXPECT_EQ(earlier.visit(ours), "resumed");
  EXPECT_EQ(later.visit(ours), "full") << "resuming has not made it younger";
}

TEST_P(Clocks, AServerPastTheLifetimeOfItsTicketKeyDoesNotUseIt) {
  if (!GetParam().can(&stls::capabilities::tickets)) GTEST_SKIP() << "an engine without tickets";
  const moving_clock clock;
  peer_server there(clock.command(server()));
  clock.put("+100m");
  const auto ours = made_client(GetParam().client());
  EXPECT_EQ(there.visit(ours), "full");
  clock.put("+119m");
  EXPECT_EQ(there.visit(ours), "resumed");
  clock.put("+121m");
  EXPECT_EQ(there.visit(ours), "full") << "the session is young, but not the key";
  EXPECT_EQ(there.visit(ours), "full") << "nothing is sealed with it either";
}

TEST_P(Clocks, CertificatesAreJudgedByThem) {
  const std::string failed = "certificate verification failed: ";
  peer_server here(server());
  EXPECT_EQ(said(client(here)), "full, full");
  EXPECT_EQ(here.next_word(), "full");
  EXPECT_EQ(said(with_clock("@2050-01-01 00:00:00", client(here))), failed + "certificate has expired\n");
  EXPECT_TRUE(here.next_word().ends_with("alert received: certificate_expired"));
  EXPECT_EQ(said(with_clock("@2000-01-01 00:00:00", client(here))),
            failed + "certificate is not yet valid\n");
  EXPECT_TRUE(here.next_word().ends_with("alert received: certificate_expired"));
}

TEST_P(Clocks, StapledResponsesExpire) {
  if (!GetParam().can(&stls::capabilities::ocsp)) GTEST_SKIP() << "an engine without OCSP";
  const std::string not_current = "ocsp verify failed: ocsp response not current: ";
  const temporary_directory directory;
  const auto response = stls::test::make_ocsp();  // for an hour past, and 24 to come
  const std::string staple =
      directory.write("staple", {reinterpret_cast<const char*>(response.data()), response.size()});
  const peer_server here(server({"staple=" + staple}));
  const std::string require = "stapling=require";
  EXPECT_EQ(said(client(here, {require})), "full, full");
  EXPECT_EQ(said(with_clock("+23h", client(here, {require}))), "full, full");
  EXPECT_EQ(said(with_clock("+25h", client(here, {require}))), not_current + "it has expired\n");
  EXPECT_EQ(said(with_clock("-2h", client(here, {require}))), not_current + "it is not yet valid\n");
}

INSTANTIATE_TEST_SUITE_P(Interop, Clocks, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
