// Certificate revocation lists: the option crl.
#pragma once

#include "base/intern.hpp"
#include "base/pem.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

#include <memory>
#include <vector>

STLS_NAMESPACE_BEGIN

// crl_bundle is the lists of one source, as DER; at least one. Bundles of equal content are one object in the
// process, since lists can be as long as megabytes.
struct crl_bundle {
  std::vector<bytes> lists;
};

// crls_of reads the option crl.
[[nodiscard]] result<std::shared_ptr<const crl_bundle>> crls_of(const pem& crl);

STLS_NAMESPACE_END
