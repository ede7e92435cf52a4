// Chains of hostile peers, below anchors that are no better: what the search for a path finds is a path, and
// what it does on the way is bounded. The input is certificates in DER, one after another; those that look
// self-signed are trusted. Signatures are all genuine here, which lets the search go furthest.

#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "x509/canonical_name.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/name_constraints.hpp"
#include "x509/path.hpp"
#include "x509/path_candidate.hpp"

namespace {

using namespace stls::x509;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr int signature_limit = 128;

class agreeing_verifier final : public signature_verifier {
 public:
  bool verify(const signature_algorithm& algorithm, const public_key&, der_view message,
              der_view signature) const noexcept override {
    require(algorithm.kind != signature_kind::unknown && !message.empty() && !signature.empty());
    require(++calls_ <= signature_limit);
    return true;
  }

 private:
  mutable int calls_ = 0;
};

void check(const path& found, const certificate& leaf, const path_rules& rules) {
  require(!found.certificates.empty());
  require(found.certificates.size() <= static_cast<std::size_t>(rules.max_depth) + 2);
  require(equal(found.certificates.front()->whole, leaf.whole));
  require(look_at(*found.certificates.back()).self_signed());
  std::set<const certificate*> seen;
  for (std::size_t i = 0; i < found.certificates.size(); ++i) {
    const certificate& c = *found.certificates[i];
    require(seen.insert(&c).second);
    if (rules.at) require(c.not_before <= *rules.at && *rules.at < c.not_after);
    if (i + 1 < found.certificates.size())
      require(could_have_issued(look_at(*found.certificates[i + 1]), look_at(c)));
  }
}

void search(const std::vector<certificate>& sent, const std::vector<der_view>& trusted) {
  const auto anchors = anchor_index::make(trusted);
  require(anchors.has_value());
  for (const purpose of : {purpose::server_auth, purpose::client_auth}) {
    for (const int depth : {0, 6, 100}) {
      for (const bool timed : {true, false}) {
        path_rules rules{.of = of, .max_depth = depth};
        if (timed) rules.at = sent.front().not_before;
        const auto found = verify_path(sent, *anchors, rules, agreeing_verifier());
        if (found) check(*found, sent.front(), rules);
        if (!found) require(!found.error().message.empty() && found.error().alert >= 42);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const der_view input = std::as_bytes(std::span(data, size));
  require(canonical_name(input).has_value() == well_formed(input));
  (void)parse_public_key(input);
  (void)parse_signature_algorithm(input);
  (void)parse_name_constraints(input);
  (void)parse_authority_key_identifier(input);

  std::vector<certificate> sent;
  std::vector<der_view> trusted;
  der_reader reader(input);
  while (const auto value = reader.next()) {
    auto parsed = parse_certificate(value->whole);
    if (!parsed) continue;
    if (look_at(*parsed).self_signed()) trusted.push_back(value->whole);
    sent.push_back(std::move(*parsed));
  }
  if (!sent.empty()) search(sent, trusted);
  return 0;
}
