// Trusted roots as paths are searched for in them.
#pragma once

#include "config/anchors.hpp"
#include "x509/path.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>

STLS_NAMESPACE_BEGIN

// trusted_roots is an index of bundles, which it keeps alive. Those of the same bundles are one object in the
// process.
struct trusted_roots {
  x509::anchor_index index;
  anchor_bundles made_of;
};
[[nodiscard]] result<std::shared_ptr<const trusted_roots>> trusted_roots_of(const anchor_bundles&);

// roots_count is for tests.
[[nodiscard]] intern_count roots_count();

STLS_NAMESPACE_END
