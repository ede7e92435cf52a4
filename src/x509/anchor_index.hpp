// Trusted certificates, found by their subject.
#pragma once

#include "x509/certificate.hpp"
#include "x509/der.hpp"
#include "x509/path_candidate.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <span>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// anchor_index is made once from the certificates of all bundles and may be used from many threads. It holds
// views: the DER that it was made of must stay alive.
//
// A trusted root is one that is self-signed. Other certificates in it may be used on the way from a peer's
// certificate to a root, but do not end a path: so does OpenSSL without X509_V_FLAG_PARTIAL_CHAIN. RFC 5280
// would let any certificate be an anchor.
class anchor_index {
 public:
  anchor_index() = default;  // trusts nobody
  anchor_index(anchor_index&&) = default;
  anchor_index& operator=(anchor_index&&) = default;
  anchor_index(const anchor_index&) = delete;
  anchor_index& operator=(const anchor_index&) = delete;
  ~anchor_index() = default;

  // make reads the certificates. Errors (bad_pem): one that is none.
  [[nodiscard]] static result<anchor_index> make(std::span<const der_view> certificates);

  // having gives those with this subject, in canonical form, in the order of make.
  [[nodiscard]] std::span<const path_candidate> having(std::string_view canonical_subject) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return certificates_.size(); }

 private:
  std::vector<certificate> certificates_;
  std::vector<path_candidate> candidates_;  // by subject; they point at those
};

}  // namespace x509

STLS_NAMESPACE_END
