// How verify_path searches: which path it gives, what it costs, and that OpenSSL says the same of all
// certificates of the PKI.
#include "x509/path.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/pem.hpp"
#include "support/evp_verifier.hpp"
#include "support/expect.hpp"
#include "support/path_certificates.hpp"
#include "support/path_trial.hpp"
#include "support/pki.hpp"

namespace stls::x509 {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::is_error;
using test::judge;
using test::path_certificate;
using test::path_trial;
using test::succeeded;
using test::system_time;

using ders = std::vector<bytes>;

ders certificates(const std::vector<std::string>& names) {
  ders all;
  for (const auto& name : names) all.push_back(path_certificate(name));
  return all;
}

path_rules now() { return {.at = system_time()}; }

TEST(verify_path, gives_the_certificates_whose_keys_verified) {
  // cross-of-root2 has the same name and key as cross-of-root, but nobody who is trusted signed it.
  const auto found = judge({certificates({"of-cross", "cross-of-root2", "cross-of-root", "root2"}),
                            certificates({"root"}), now()});
  ASSERT_TRUE(succeeded(found));
  EXPECT_EQ(*found, certificates({"of-cross", "cross-of-root", "root"}));
}

TEST(verify_path, gives_a_trusted_leaf_alone) {
  const auto found = judge({certificates({"self-signed"}), certificates({"root", "self-signed"}), now()});
  ASSERT_TRUE(succeeded(found));
  EXPECT_EQ(*found, certificates({"self-signed"}));
}

TEST(verify_path, prefers_what_is_trusted_to_what_was_sent) {
  const auto found = judge({certificates({"of-ca", "ca"}), certificates({"ca", "root"}), now()});
  ASSERT_TRUE(succeeded(found));
  EXPECT_EQ(*found, certificates({"of-ca", "ca", "root"}));
}

TEST(verify_path, asks_for_a_certificate) {
  EXPECT_TRUE(is_error(judge({{}, certificates({"root"}), now()}).error(), errc::certificate_missing,
                       "peer sent no certificate"));
}

TEST(verify_path, takes_a_certificate_from_its_first_second_to_the_one_before_its_last) {
  const bytes der = path_certificate("plain");
  const auto plain = parse_certificate(der);
  ASSERT_TRUE(succeeded(plain));
  const auto at = [](std::chrono::sys_seconds when) {
    const path_trial asked{certificates({"plain"}), certificates({"root"}), {.at = when}};
    const auto found = judge(asked);
    const std::string refusal = found ? "" : found.error().message;
#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
    EXPECT_EQ(refusal, test::refusal_for(test::libcrypto_code(asked)));
#endif
    return refusal;
  };
  const std::string early = "certificate verification failed: certificate is not yet valid";
  const std::string late = "certificate verification failed: certificate has expired";
  EXPECT_EQ(at(plain->not_before - 1s), early);
  EXPECT_EQ(at(plain->not_before), "");
  EXPECT_EQ(at(plain->not_after - 1s), "");
  EXPECT_EQ(at(plain->not_after), late);
}

// counting_verifier says that all signatures are genuine, but for that of one certificate.
class counting_verifier final : public signature_verifier {
 public:
  counting_verifier() = default;
  explicit counting_verifier(const certificate& forged) : forged_(forged.tbs) {}
  bool verify(const signature_algorithm&, const public_key&, der_view message,
              der_view) const noexcept override {
    ++calls;
    return !equal(message, forged_);
  }
  mutable int calls = 0;

 private:
  der_view forged_;
};

// copies makes n certificates that differ in the signature alone.
ders copies(const std::string& name, unsigned n) {
  ders all(n, path_certificate(name));
  for (unsigned i = 0; i < n; ++i) {
    all[i][all[i].size() - 1] ^= static_cast<std::byte>(i + 1);
    all[i][all[i].size() - 2] ^= static_cast<std::byte>((i + 1) >> 8U);
  }
  return all;
}

void append(ders& to, const ders& more) { to.insert(to.end(), more.begin(), more.end()); }

std::vector<certificate> parse_all(const ders& from) {
  std::vector<certificate> all;
  for (const bytes& der : from) all.push_back(parse_certificate(der).value());
  return all;
}

// index must not outlive the DER.
anchor_index index(const ders& from) {
  return anchor_index::make(std::vector<der_view>(from.begin(), from.end())).value();
}

const std::string too_many =
    "certificate verification failed: certificate cannot be verified: too many possible chains";

TEST(verify_path, finds_the_genuine_one_among_forgeries) {
  ders sent = certificates({"of-ca"});
  append(sent, copies("ca", 40));
  append(sent, certificates({"ca"}));
  EXPECT_TRUE(succeeded(judge({sent, certificates({"root"}), now()})));
}

TEST(verify_path, tries_what_was_sent_often_only_once) {
  ders sent = certificates({"of-ca"});
  append(sent, ders(100, copies("ca", 1).front()));
  append(sent, certificates({"ca"}));
  EXPECT_TRUE(succeeded(judge({sent, certificates({"root"}), now()})));
}

TEST(verify_path, gives_up_on_too_many_forgeries) {
  ders sent = certificates({"of-ca"});
  append(sent, copies("ca", 400));
  const ders root = certificates({"root"});
  const auto certificates = parse_all(sent);
  const counting_verifier verifier(certificates.back());  // whose copies have the same TBSCertificate
  const auto found = verify_path(certificates, index(root), now(), verifier);
  EXPECT_TRUE(is_error(found.error(), errc::certificate_untrusted, too_many));
  EXPECT_EQ(found.error().alert, 46);
  EXPECT_EQ(verifier.calls, 64);
}

TEST(verify_path, gives_up_on_endless_ways_that_lead_nowhere) {
  ders sent = certificates({"of-loop"});
  append(sent, copies("loop-a", 200));
  append(sent, copies("loop-b", 200));
  const ders root = certificates({"root"});
  const counting_verifier agreeing;
  const auto found =
      verify_path(parse_all(sent), index(root), {.max_depth = 100, .at = system_time()}, agreeing);
  EXPECT_TRUE(is_error(found.error(), errc::certificate_untrusted, too_many));
  EXPECT_EQ(agreeing.calls, 0);
}

TEST(verify_path, gives_up_on_too_many_signatures) {
  // Each way to the root leads over a number of certificates that are called the same.
  ders sent = certificates({"of-middle"});
  append(sent, copies("middle", 100));
  append(sent, copies("top", 100));
  const ders root = certificates({"root"});
  const auto certificates = parse_all(sent);
  const counting_verifier verifier(certificates.front());
  const auto found = verify_path(certificates, index(root), now(), verifier);
  EXPECT_TRUE(is_error(found.error(), errc::certificate_untrusted, too_many));
  EXPECT_EQ(verifier.calls, 128);
}

TEST(verify_path, asks_no_engine_about_a_signature_without_whole_octets) {
  bytes odd = path_certificate("plain");
  const auto parsed = parse_certificate(odd).value();
  // The octet before the signature counts the unused bits, which are 0 themselves.
  const auto at = static_cast<std::size_t>(parsed.signature.data() - odd.data());
  odd[at - 1] = std::byte{1};
  odd.back() &= std::byte{0xfe};
  const ders root = certificates({"root"});
  const counting_verifier agreeing;
  const auto found = verify_path(parse_all({odd}), index(root), now(), agreeing);
  EXPECT_TRUE(is_error(found.error(), errc::certificate_untrusted,
                       "certificate verification failed: certificate signature failure"));
  EXPECT_EQ(agreeing.calls, 0);
}

TEST(anchor_index, refuses_what_is_no_certificate) {
  const bytes junk = test::to_bytes("junk");
  const std::vector<der_view> certificates{junk};
  EXPECT_TRUE(is_error(anchor_index::make(certificates).error(), errc::bad_pem));
}

// All that make_pki makes, below each root of it.
ders read_pem(const std::filesystem::path& file) {
  ders all;
  const std::string text = test::pki::read(file.string());
  const auto blocks = pem_blocks(text);
  if (!blocks) return all;
  for (const auto& block : *blocks) {
    if (block.label == "CERTIFICATE") all.emplace_back(block.der.begin(), block.der.end());
  }
  return all;
}

bool readable(const ders& certificates) {
  return std::all_of(certificates.begin(), certificates.end(),
                     [](const bytes& der) { return parse_certificate(der).has_value(); });
}

bool is_root(const ders& certificates) {
  if (certificates.size() != 1 || !readable(certificates)) return false;
  const auto only = parse_certificate(certificates.front()).value();
  return look_at(only).self_signed();
}

#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
TEST(verify_path, says_what_openssl_says_of_the_whole_pki) {
  const auto at = system_time();
  const std::vector<path_rules> ways = {
      {purpose::server_auth, 6, at},
      {purpose::server_auth, 20, at},
      {purpose::client_auth, 6, at},
      {purpose::server_auth, 0, std::nullopt},
  };
  int good = 0;
  int refused = 0;
  for (const auto& trusted : std::filesystem::directory_iterator(test::pki::path(""))) {
    if (trusted.path().extension() != ".pem" || !is_root(read_pem(trusted.path()))) continue;
    for (const auto& shown : std::filesystem::directory_iterator(test::pki::path(""))) {
      const ders sent = shown.path().extension() == ".pem" ? read_pem(shown.path()) : ders();
      if (sent.empty() || !readable(sent)) continue;
      for (const auto& rules : ways) {
        const path_trial trial{sent, read_pem(trusted.path()), rules};
        const auto found = judge(trial);
        EXPECT_EQ(found ? "" : found.error().message, test::refusal_for(test::libcrypto_code(trial)))
            << shown.path() << " below " << trusted.path() << ", depth " << rules.max_depth;
        ++(found ? good : refused);
      }
    }
  }
  EXPECT_GT(good, 20);
  EXPECT_GT(refused, 200);
}
#endif

}  // namespace
}  // namespace stls::x509
