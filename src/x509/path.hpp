// Certification paths: from a peer's certificate to a trusted root (RFC 5280 section 6, RFC 4158).
#pragma once

#include "x509/anchor_index.hpp"
#include "x509/certificate.hpp"
#include "x509/path_rules.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// path is the certificates that vouch for one another, each with the key of the next: the leaf first, the
// trusted root last; a trusted leaf that is self-signed is alone. They point into `sent` and the
// anchor_index.
struct path {
  std::vector<const certificate*> certificates;
};

// verify_path looks for a path from the first of the certificates that the peer sent to a trusted root. The
// others may stand in any order and be of any use or none. Whether the leaf has the right name is asked
// elsewhere (x509::names).
//
// Issuers are tried in OpenSSL's order: trusted ones first, and nothing that was sent above a trusted one;
// those that are valid now first, then the latest to expire. OpenSSL judges the first path that it finds;
// this goes on to the next if that has a flaw, and tells of the first one's in the end.
//
// The work is bounded whatever is sent: 256 steps of the search, 64 paths, 128 signatures, 2^20 comparisons
// of names.
//
// Errors: `certificate verification failed: ...` with the alert for the peer (refusal.hpp); of nothing sent
// certificate_missing.
[[nodiscard]] result<path> verify_path(std::span<const certificate> sent, const anchor_index&,
                                       const path_rules&, const signature_verifier&);

}  // namespace x509

STLS_NAMESPACE_END
