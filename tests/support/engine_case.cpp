#include "support/engine_case.hpp"

#include "support/expect.hpp"
#include "support/pki.hpp"

#include <ostream>

namespace stls::test {
namespace {

bool can(const provider& p, tls_version v) noexcept {
  return v == tls_version::tls1_3 ? p.capabilities().tls1_3 : p.capabilities().tls1_2;
}

std::string_view short_name(tls_version v) noexcept { return v == tls_version::tls1_3 ? "_tls13" : "_tls12"; }

}  // namespace

std::string engine_case::name() const {
  return std::string(client->name()).append("_").append(server->name()).append(short_name(version));
}

options engine_case::client_options() const {
  options opt;
  opt.engine = client->name();
  opt.protocols = protocols();
  opt.ca = pki::file("ca.pem");
  return opt;
}

options engine_case::server_options(const std::string& certificate) const {
  options opt;
  opt.engine = server->name();
  opt.protocols = protocols();
  pki::present(opt, certificate);
  return opt;
}

std::vector<engine_case> engine_cases() {
  std::vector<engine_case> all;
  for (const auto* client : providers()) {
    for (const auto* server : providers()) {
      for (const auto v : {tls_version::tls1_2, tls_version::tls1_3}) {
        if (can(*client, v) && can(*server, v)) all.push_back({client, server, v});
      }
    }
  }
  return all;
}

std::vector<engine_case> ocsp_cases() {
  auto all = engine_cases();
  std::erase_if(all, [](const engine_case& c) {
    return !c.client->capabilities().ocsp || !c.server->capabilities().ocsp;
  });
  return all;
}

std::string end_case::name() const {
  return std::string(engine->name()).append(is_client() ? "_client" : "_server").append(short_name(version));
}

std::vector<end_case> end_cases() {
  std::vector<end_case> all;
  for (const auto* engine : providers()) {
    for (const auto end : {role::client, role::server}) {
      for (const auto v : {tls_version::tls1_2, tls_version::tls1_3}) {
        if (can(*engine, v)) all.push_back({engine, end, v});
      }
    }
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<engine_case>& info) { return info.param.name(); }
std::string end_name(const ::testing::TestParamInfo<end_case>& info) { return info.param.name(); }
void PrintTo(const engine_case& c, std::ostream* out) { *out << c.name(); }
void PrintTo(const end_case& c, std::ostream* out) { *out << c.name(); }

capabilities of_default_engine() { return providers().front()->capabilities(); }

config made(const options& opt) {
  auto conf = config::make(opt);
  EXPECT_TRUE(succeeded(conf));
  return conf ? *conf : config();
}

}  // namespace stls::test
