// Session tickets between processes and between implementations: servers that share ticket_keys and
// session_id resume each other's sessions.
#include <gtest/gtest.h>

#include <ostream>
#include <stls/stls.hpp>
#include <string>
#include <vector>

#include "interop/ends.hpp"
#include "interop/peer.hpp"

namespace interop {
namespace {

// exchange is a server that makes a ticket, and another one, in another process, that is shown it. One of
// them at least is of stls.
struct exchange {
  std::string maker;
  std::string accepter;
  kind k;

  friend void PrintTo(const exchange& e, std::ostream* out) {
    *out << e.maker << " to " << e.accepter << ", " << e.k.engine << ' ' << e.k.version;
  }
};

std::vector<exchange> exchanges() {
  std::vector<exchange> all;
  for (const kind& k : all_kinds()) {
    all.push_back({"stls", "stls", k});
    for (const char* other : {"libtls", "openssl"}) {
      all.push_back({"stls", other, k});
      all.push_back({other, "stls", k});
    }
  }
  return all;
}

class Tickets : public testing::TestWithParam<exchange> {
 protected:
  void SetUp() override {
    if (!GetParam().k.can(&stls::capabilities::tickets)) GTEST_SKIP() << "an engine without tickets";
    for (const std::string& name : {GetParam().maker, GetParam().accepter}) {
      if (peer_path(name + "_server").empty())
        GTEST_SKIP() << "there is no peer " << name << "_server; it needs Debian's libtls-dev and pkgconf";
    }
  }

  [[nodiscard]] static std::vector<std::string> maker(const ticket_words& tickets = {}) {
    return command(GetParam().maker, tickets);
  }
  [[nodiscard]] static std::vector<std::string> accepter(const ticket_words& tickets = {}) {
    return command(GetParam().accepter, tickets);
  }
  [[nodiscard]] static stls::client client() { return made_client(GetParam().k.client()); }

 private:
  // A session of TLS 1.3 is good only with ciphers of its hash (RFC 8446 section 4.2.11), so servers that
  // share tickets must choose alike. LibreTLS has OpenSSL's order, and no word for another.
  static std::vector<std::string> command(const std::string& name, const ticket_words& tickets) {
    const exchange& e = GetParam();
    std::vector<std::string> more = {"mend=yes"};
    if (e.k.is_1_3() && (e.maker == "libtls" || e.accepter == "libtls"))
      more.emplace_back("ciphers=TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256");
    return peer_command(name + "_server", GetParam().k, tickets, more);
  }
};

TEST_P(Tickets, AreGoodAtAServerOfTheSameKeyAndSessionId) {
  peer_server first(maker());
  peer_server second(accepter());
  const stls::client ours = client();
  EXPECT_EQ(first.visit(ours), "full");
  EXPECT_EQ(second.visit(ours), "resumed");
  EXPECT_EQ(first.visit(ours), "resumed") << "and so is what the second one gave, if it did";
}

TEST_P(Tickets, AreNotGoodWithAnotherKey) {
  peer_server first(maker());
  peer_server of_other_bytes(accepter({.key = 'o'}));
  peer_server of_another_name(accepter({.keyrev = 8}));
  for (peer_server* second : {&of_other_bytes, &of_another_name}) {
    const stls::client ours = client();
    EXPECT_EQ(first.visit(ours), "full");
    EXPECT_EQ(second->visit(ours), "full");
    EXPECT_EQ(second->visit(ours), "resumed") << "by a ticket of its own";
  }
}

TEST_P(Tickets, AreNotGoodUnderAnotherSessionId) {
  peer_server first(maker());
  peer_server second(accepter({.session_id = "another"}));
  const stls::client ours = client();
  EXPECT_EQ(first.visit(ours), "full");
  EXPECT_EQ(second.visit(ours), "full");
}

std::string name_of_exchange(const testing::TestParamInfo<exchange>& info) {
  const exchange& e = info.param;
  return e.maker + "_to_" + e.accepter + "_" + e.k.engine + (e.k.is_1_3() ? "_TLS13" : "_TLS12");
}

INSTANTIATE_TEST_SUITE_P(Interop, Tickets, testing::ValuesIn(exchanges()), name_of_exchange);

// LibreTLS as it is: on OpenSSL it sends tickets of no bytes.
class TicketsOfNoBytes : public by_kind {};

TEST_P(TicketsOfNoBytes, AreNoTrouble) {
  if (peer_path("libtls_server").empty())
    GTEST_SKIP() << "there is no peer libtls_server; it needs Debian's libtls-dev and pkgconf";
  peer_server server(peer_command("libtls_server", GetParam()));
  const stls::client ours = made_client(GetParam().client());
  for (int i = 0; i < 3; ++i) EXPECT_NE(server.visit(ours), "");
}

INSTANTIATE_TEST_SUITE_P(Interop, TicketsOfNoBytes, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
