// What an engine cannot do is refused when the config is made, by the option's name and the engine's.
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"

#include <stls/config.hpp>
#include <stls/engine.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace stls::test {
namespace {

class matrix_capabilities : public ::testing::TestWithParam<const provider*> {
 protected:
  // lacks: without the capability the options are refused so; with it they are taken.
  static void lacks(bool capabilities::*what, const std::string& start,
                    const std::function<void(options&)>& ask) {
    options opt;
    opt.engine = GetParam()->name();
    opt.ca = pki::file("ca.pem");
    pki::present(opt, "server");
    ask(opt);
    const auto conf = config::make(opt);
    if (GetParam()->capabilities().*what) {
      EXPECT_TRUE(succeeded(conf)) << start;
    } else {
      EXPECT_TRUE(is_error(conf, errc::unsupported,
                           start + "not supported by engine '" + std::string(GetParam()->name()) + "'"));
    }
  }
};

TEST_P(matrix_capabilities, what_is_lacking_is_refused_by_name) {
  lacks(&capabilities::tls1_3, "protocols 'tlsv1.3': ", [](options& opt) { opt.protocols = "tlsv1.3"; });
  lacks(&capabilities::old_versions,
        "protocols 'tlsv1.0': ", [](options& opt) { opt.protocols = "tlsv1.0"; });
  lacks(&capabilities::dhe, "dheparams: ", [](options& opt) { opt.dheparams = "auto"; });
  lacks(&capabilities::crl, "crl: ", [](options& opt) { opt.crl = pki::file("crl.pem"); });
  lacks(&capabilities::ocsp,
        "ocsp_require_stapling: ", [](options& opt) { opt.ocsp_require_stapling = true; });
  lacks(&capabilities::tickets, "ticket_keys: ", [](options& opt) {
    opt.ticket_keys = {ticket_key{.keyrev = 1, .key = std::string(48, 'k')}};
  });
  lacks(&capabilities::external_keys, "sign: ", [](options& opt) {
    opt.sign = [](const sign_request&) { return result<std::vector<std::byte>>(); };
  });
  lacks(&capabilities::keylog, "keylog: ", [](options& opt) { opt.keylog = [](std::string_view) {}; });
}

TEST_P(matrix_capabilities, a_staple_is_refused_where_it_cannot_be_sent) {
  const auto response = make_ocsp();
  lacks(&capabilities::ocsp,
        "ocsp_staple: ", [&](options& opt) { opt.ocsp_staple = material::bytes(response); });
}

TEST_P(matrix_capabilities, an_expression_is_refused_with_what_to_write_instead) {
  options opt;
  opt.engine = GetParam()->name();
  opt.ca = pki::file("ca.pem");
  opt.ciphers = "ECDHE+AESGCM:!aNULL";
  const auto conf = config::make(opt);
  if (GetParam()->capabilities().cipher_expressions) {
    EXPECT_TRUE(succeeded(conf));
  } else {
    EXPECT_TRUE(
        is_error(conf, errc::unsupported,
                 "ciphers: 'ECDHE+AESGCM:!aNULL' is an OpenSSL expression, not supported by engine '" +
                     std::string(GetParam()->name()) + "'; list the names of ciphers instead"));
  }
}

// Of a default there remains what the engine has.
TEST_P(matrix_capabilities, a_default_is_no_demand) {
  options opt;
  opt.engine = GetParam()->name();
  opt.ca = pki::file("ca.pem");
  const auto conf = config::make(opt);
  ASSERT_TRUE(succeeded(conf));
  EXPECT_EQ(conf->describe().find("dropped"), std::string::npos) << conf->describe();
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_capabilities,
                         ::testing::ValuesIn(providers().begin(), providers().end()),
                         [](const auto& test) { return std::string(test.param->name()); });

}  // namespace
}  // namespace stls::test
