// Trusted certificates, found by their subject.
#include "x509/anchor_index.hpp"

#include <algorithm>
#include <utility>

#include "base/fail.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

result<anchor_index> anchor_index::make(std::span<const der_view> certificates) {
  anchor_index made;
  made.certificates_.reserve(certificates.size());
  for (const der_view der : certificates) {
    auto parsed = parse_certificate(der);
    if (!parsed) return fail(std::move(parsed.error()));
    made.certificates_.push_back(std::move(*parsed));
  }
  made.candidates_.reserve(certificates.size());
  for (const certificate& one : made.certificates_) made.candidates_.push_back(look_at(one));
  std::stable_sort(made.candidates_.begin(), made.candidates_.end(),
                   [](const path_candidate& a, const path_candidate& b) { return a.subject < b.subject; });
  return made;
}

std::span<const path_candidate> anchor_index::having(std::string_view canonical_subject) const noexcept {
  const auto begin =
      std::partition_point(candidates_.begin(), candidates_.end(),
                           [&](const path_candidate& c) { return c.subject < canonical_subject; });
  const auto end = std::find_if(begin, candidates_.end(),
                                [&](const path_candidate& c) { return c.subject != canonical_subject; });
  return {begin, end};
}

}  // namespace x509

STLS_NAMESPACE_END
