// Certification paths: from a peer's certificate to a trusted root (RFC 5280 section 6).
#pragma once

#include "x509/certificate.hpp"
#include "x509/der.hpp"
#include "x509/public_key.hpp"
#include "x509/signature_algorithm.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// signature_verifier is what an engine adds: arithmetic alone, no rules.
class signature_verifier {
 public:
  signature_verifier() = default;
  signature_verifier(const signature_verifier&) = delete;
  signature_verifier& operator=(const signature_verifier&) = delete;
  virtual ~signature_verifier() = default;

  // verify says whether `signature` is the key's over `message`. An algorithm or a key that the engine does
  // not know, or that do not belong together, is false. The algorithm is not `unknown`, the signature not
  // empty.
  [[nodiscard]] virtual bool verify(const signature_algorithm&, const public_key&, der_view message,
                                    der_view signature) const noexcept = 0;
};

// anchor_index finds trusted certificates by subject. It may be used from many threads. It holds views: what
// it was made of must stay alive.
class anchor_index {
 public:
  anchor_index() = default;  // trusts nobody

  // make reads the certificates. Errors (bad_pem): one that is none.
  [[nodiscard]] static result<anchor_index> make(std::span<const der_view> certificates);

  // having gives those with this subject, in canonical form (distinguished_name.hpp), in the order of make.
  [[nodiscard]] std::span<const certificate> having(std::string_view canonical_subject) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return certificates_.empty(); }

 private:
  std::vector<std::string> subjects_;      // canonical and sorted, one for each certificate
  std::vector<certificate> certificates_;  // in the same order
};

enum class purpose { server_auth, client_auth };

struct path_rules {
  purpose of = purpose::server_auth;
  int max_depth = 6;                           // the option verify_depth: CAs between leaf and root
  std::optional<std::chrono::sys_seconds> at;  // nothing: times are not checked
};

// path is the certificates that vouch for one another: the leaf first, the trusted root last; a trusted leaf
// that signed itself is alone. They point into `sent` and the anchor_index.
struct path {
  std::vector<const certificate*> certificates;
};

// verify_path looks for a path from the first of the certificates that the peer sent to a trusted root; the
// rest may stand in any order and be of any use or none. Errors: `certificate verification failed: ...` with
// the alert for the peer.
[[nodiscard]] result<path> verify_path(std::span<const certificate> sent, const anchor_index&,
                                       const path_rules&, const signature_verifier&);

}  // namespace x509

STLS_NAMESPACE_END
