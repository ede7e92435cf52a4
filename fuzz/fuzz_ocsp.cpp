// OCSP responses that a server staples, as a client judges them, and as a server takes them from an option.
// Nothing that the issuer has not signed is good.

#include "base/pem.hpp"
#include "config/settings.hpp"
#include "engine/libssl/ocsp.hpp"
#include "engine/libssl/openssl.hpp"
#include "kit/input.hpp"
#include "kit/require.hpp"
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace stls::fuzz;
namespace test = stls::test;

// The chain of `server`, as it is when it was verified.
const STACK_OF(X509) * chain() {
  static const stls::x509_stack_ptr all = [] {
    stls::x509_stack_ptr made(sk_X509_new_null());
    for (const char* file : {"server.pem", "ca.pem"}) {
      for (const bytes& der : test::certificates_in(test::pki::path(file))) {
        const auto* data = reinterpret_cast<const unsigned char*>(der.data());
        sk_X509_push(made.get(), d2i_X509(nullptr, &data, static_cast<long>(der.size())));
      }
    }
    return made;
  }();
  return all.get();
}

// Responses of each kind: of the issuer and of a responder, good and revoked, and one that is none.
const std::vector<bytes>& genuine() {
  static const std::vector<bytes> all = [] {
    test::ocsp_wish by_responder{.signer = "responder", .status = test::ocsp_status::revoked, .reason = 1};
    test::ocsp_wish bare{.embed_signer = false, .next_update = std::nullopt, .id_digest = "SHA256"};
    return std::vector<bytes>{test::make_ocsp(), test::make_ocsp(by_responder), test::make_ocsp(bare),
                              test::make_ocsp_refusal(3)};
  }();
  return all;
}

enum class source { input, changed, genuine };

void judge(const bytes& staple, source from) {
  static const stls::settings set;
  const auto verdict = stls::judge_staple(
      {reinterpret_cast<const unsigned char*>(staple.data()), staple.size()}, chain(), set, nullptr);
  if (!verdict.complaint.code) {
    require(from != source::input, "a forged response is good");
    return;
  }
  require(from != source::genuine, verdict.complaint.message);
  const auto style = test::has_style(verdict.complaint);
  require(static_cast<bool>(style), style.message());
}

void take(const bytes& staple) {
  static const stls::x509_ptr certificate(X509_dup(sk_X509_value(chain(), 0)));
  stls::keypair_settings pair;
  pair.staple = staple;
  std::string said;
  stls::warning_sink warnings([&](const stls::warning& w) { said = w.message; });
  const auto taken = stls::check_staple(pair, certificate.get(), warnings);
  const std::string sentence = taken ? said : taken.error().message;
  require((taken && said.empty()) || sentence.starts_with("ocsp_staple: "), sentence);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input in(data, size);
  const std::size_t kind = in.byte() % (genuine().size() + 1);
  bytes staple(in.rest().begin(), in.rest().end());
  if (kind != 0) staple = in.changed(genuine()[kind - 1]);
  const bool good = kind == 1 && staple == genuine().front();
  judge(staple, kind == 0 ? source::input : good ? source::genuine : source::changed);
  take(staple);
  return 0;
}
