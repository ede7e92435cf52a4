// The rules that a certification path must keep (RFC 5280 section 6.1).
#pragma once

#include "x509/path_candidate.hpp"
#include "x509/path_rules.hpp"
#include "x509/refusal.hpp"

#include <stls/export.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace x509 {

// weak says whether a key is below 112 bits of strength: RSA of fewer than 2048 bits, a curve of fewer than
// 224, a key that cannot be read. (OpenSSL's level 2 takes RSA from 1963 bits on, by its formula, and DSA.)
[[nodiscard]] bool weak(const std::optional<public_key>&) noexcept;

// flaw is why a path is refused; the detail is OpenSSL's words, where `why` has none for it.
struct flaw {
  refusal why = refusal::other;
  std::string_view detail{};
};

// path_budget is what all paths of one verification may use up together.
struct path_budget {
  std::size_t signatures = 128;
  std::size_t name_comparisons = std::size_t{1} << 20;
};

// judge_path gives the first flaw of a path, the leaf first and the trusted root last, in the order in which
// OpenSSL looks for them: extensions and purposes from the leaf up; strength from the leaf up; signatures and
// times from the root down; name constraints. Nothing: the path is good.
//
// Where OpenSSL and RFC 5280 differ, this goes with OpenSSL:
// - the root is judged too, but for its signature: its time, key, purposes, path length, name constraints;
// - a root may lack basicConstraints if it is of version 1, or has a keyUsage with keyCertSign;
// - extended key usages bind CAs as well;
// - a certificate is over at the second of notAfter, which RFC 5280 counts in;
// - not-critical constraints of names bind as critical ones.
// And where only this refuses: a root that is a CA by Netscape's extension alone.
[[nodiscard]] std::optional<flaw> judge_path(std::span<const path_candidate* const>, const path_rules&,
                                             const signature_verifier&, path_budget&);

}  // namespace x509

STLS_NAMESPACE_END
