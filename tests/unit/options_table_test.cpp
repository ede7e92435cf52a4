// Where each option is proven: the tests that show what it does on a real connection, and the one that shows
// its bad values refused. A new field of `options` fails here until it has both.
#include "support/pki.hpp"

#include <stls/engine.hpp>

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace stls::test {
namespace {

struct proof {
  std::string field;
  std::vector<std::string> effect;  // SUITE.TEST; over a connection. Empty: not yet supported
};

const std::vector<proof>& proofs() {
  static const std::vector<proof> all = {
      {"alpn",
       {"matrix_negotiation.the_servers_order_of_protocols_wins",
        "matrix_negotiation.without_a_common_protocol_both_say_so"}},
      {"ca", {"matrix_certificate.ca_may_hold_many_roots", "matrix_certificate.good_ones_are_accepted"}},
      {"cert",
       {"matrix_conn_info.the_servers_certificate_is_described_to_the_client",
        "matrix_conn_info.the_clients_certificate_is_described_to_the_server"}},
      {"key", {"matrix_certificate.keys_of_every_format_work", "matrix_keys.edwards_and_pss_keys_work"}},
      {"ocsp_staple", {"matrix_ocsp.servers_staple_what_belongs_to_the_chosen_keypair"}},
      {"crl", {"matrix_crl.who_is_listed_is_revoked", "matrix_crl.servers_refuse_revoked_clients"}},
      {"keypairs",
       {"matrix_servername.an_exact_name_chooses_its_keypair",
        "matrix_client_certificate.a_client_shows_its_first_keypair"}},
      {"ticket_keys",
       {"matrix_sessions.servers_that_share_ticket_keys_resume_each_other",
        "matrix_sessions.keys_rotate_without_a_restart"}},
      {"ciphers",
       {"matrix_ciphers.a_list_of_one_name_is_what_is_agreed_on",
        "matrix_negotiation.the_words_of_ciphers_are_in_effect"}},
      {"dheparams",
       {"matrix_dhe.auto_is_as_strong_as_the_certificates_key", "matrix_dhe.none_is_the_default"}},
      {"ecdhecurve",
       {"matrix_negotiation.each_group_of_the_engines_can_be_chosen",
        "matrix_negotiation.no_group_at_all_leaves_rsa_key_exchange"}},
      {"ecdhecurves",
       {"matrix_negotiation.the_order_of_the_servers_groups_decides_in_tls_1_2_and_is_respected_in_1_3",
        "matrix_negotiation.a_key_share_that_the_server_lacks_is_asked_for_again"}},
      {"protocols",
       {"matrix_negotiation.the_version_is_the_one_that_is_allowed",
        "matrix_negotiation.without_a_common_version_both_say_so"}},
      {"verify_depth",
       {"matrix_certificate.verify_depth_counts_intermediates",
        "matrix_client_certificate.verify_depth_holds_for_clients_too"}},
      {"prefer_ciphers_client", {"matrix_ciphers.the_servers_order_decides_unless_the_clients_is_preferred"}},
      {"prefer_ciphers_server", {"matrix_ciphers.prefer_ciphers_server_is_the_default"}},
      {"insecure_noverifycert",
       {"matrix_certificate.noverifycert_lets_all_pass",
        "matrix_certificate.noverifycert_still_demands_the_key_of_the_certificate"}},
      {"insecure_noverifyname", {"matrix_certificate.noverifyname_lets_other_names_pass_and_nothing_else"}},
      {"insecure_noverifytime",
       {"matrix_certificate.noverifytime_lets_old_and_new_ones_pass_and_nothing_else",
        "matrix_client_certificate.noverifytime_holds_for_clients_too"}},
      {"ocsp_require_stapling",
       {"matrix_ocsp.absent", "matrix_ocsp.expired",
        "matrix_resumed_staple.none_is_required_of_a_resumed_session"}},
      {"verify_client",
       {"matrix_client_certificate.required_and_good", "matrix_client_certificate.required_and_missing"}},
      {"verify_client_optional",
       {"matrix_client_certificate.optional_and_missing",
        "matrix_client_certificate.optional_does_not_mean_that_anything_goes"}},
      {"session_id", {"matrix_sessions.servers_that_verify_clients_otherwise_do_not_resume"}},
      {"session_lifetime",
       {"matrix_sessions.a_session_ends_with_its_lifetime", "matrix_sessions.either_side_can_turn_them_off"}},

      {"engine", {"matrix_conn_info.the_connection_is_described_alike_at_both_ends"}},
      {"ca_path",
       {"matrix_certificate.ca_path_is_a_directory_of_hashed_roots",
        "matrix_client_certificate.ca_path_is_as_good_as_ca"}},
      {"ca_system", {"matrix_environment.ca_replaces_the_systems_store_and_ca_system_adds_it_again"}},
      {"key_password", {"matrix_certificate.keys_of_every_format_work"}},
      {"sign",
       {"matrix_server_signs.for_each_kind_of_key_once_a_handshake",
        "matrix_client_signs.when_a_certificate_is_asked_for"}},
      {"sessions", {"matrix_sessions.the_store_is_bounded", "matrix_sessions.either_side_can_turn_them_off"}},
      {"on_session", {"matrix_sessions.on_session_gets_each_session_and_a_store_of_0_keeps_none"}},
      {"ocsp_request",
       {"matrix_ocsp.is_not_asked_for_where_nobody_wants_it",
        "matrix_ocsp.is_asked_for_where_certificates_are_verified"}},
      {"keylog", {"matrix_keylog.has_the_secrets_of_this_connection"}},
      {"on_handshake",
       {"matrix_events.success_is_told_with_what_was_agreed_on",
        "matrix_events.failure_is_told_once_by_both"}},
      {"on_warning", {"matrix_ocsp.warnings_are_given_once_and_never_inside_a_callback"}},
      {"revocation", {}},
      {"crlite_dir", {}},
      {"crlite_data", {}},
      {"deny_list", {}},
  };
  return all;
}

// The names of the fields, as the header has them, in its order.
std::vector<std::string> fields_in_the_header() {
  std::istringstream lines(pki::read(STLS_SOURCE_DIR "/include/stls/options.hpp"));
  std::vector<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "struct options {") inside = true;
    if (line == "};") inside = false;
    const auto end = line.find_first_of("{=");
    if (!inside || line == "struct options {" || line.starts_with("  //") || end == line.npos) continue;
    // TYPE NAME{}; or TYPE NAME = VALUE;
    const auto last = line.find_last_not_of(' ', end - 1);
    const auto first = line.find_last_of(' ', last) + 1;
    names.push_back(line.substr(first, last - first + 1));
  }
  return names;
}

// All tests of this program by their plain names: neither the prefix of an instantiation, nor the parameter.
std::set<std::string> registered_tests() {
  std::set<std::string> names;
  const auto& program = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const auto& suite = *program.GetTestSuite(i);
    const std::string suite_name = suite.name();
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const std::string name = suite.GetTestInfo(k)->name();
      names.insert(suite_name.substr(suite_name.rfind('/') + 1) + "." + name.substr(0, name.find('/')));
    }
  }
  return names;
}

bool is_registered(const std::string& suite_name, const std::string& name) {
  const auto& program = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const auto& suite = *program.GetTestSuite(i);
    if (suite.name() != suite_name) continue;
    for (int k = 0; k < suite.total_test_count(); ++k) {
      if (suite.GetTestInfo(k)->name() == name) return true;
    }
  }
  return false;
}

TEST(options_proofs, there_is_one_for_each_field_of_the_header) {
  std::vector<std::string> named;
  for (const auto& p : proofs()) named.push_back(p.field);
  EXPECT_EQ(named, fields_in_the_header());
  EXPECT_GE(named.size(), 24U + 13U) << "libtls's, and stls's own";
}

TEST(options_proofs, the_tests_that_show_an_effect_exist) {
  if (find_provider("libssl") == nullptr) GTEST_SKIP() << "a build without libssl has not all of them";
  const auto tests = registered_tests();
  for (const auto& p : proofs()) {
    for (const auto& test : p.effect) EXPECT_EQ(tests.count(test), 1U) << p.field << ": no test " << test;
  }
}

TEST(options_proofs, only_what_belongs_to_revocation_is_not_yet_supported) {
  const std::set<std::string> later = {"revocation", "crlite_dir", "crlite_data", "deny_list"};
  for (const auto& p : proofs()) {
    if (later.count(p.field) == 0) {
      EXPECT_FALSE(p.effect.empty()) << p.field;
    }
  }
}

// What the bad values are, and that each is refused with its sentence, is in options_test.cpp; there also
// stands that only options whose values are all good may have none.
TEST(options_proofs, bad_values_are_tested_of_each) {
  for (const auto& p : proofs()) {
    EXPECT_TRUE(
        is_registered("fields/options_table", "bad_values_are_refused_with_their_sentences/" + p.field))
        << p.field;
  }
}

}  // namespace
}  // namespace stls::test
