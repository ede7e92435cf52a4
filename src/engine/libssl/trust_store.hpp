// Trusted roots in OpenSSL's form.
#pragma once

#include "base/intern.hpp"
#include "config/anchors.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>

STLS_NAMESPACE_BEGIN

// trust_store is shared by all contexts whose anchors are the same bundles. It is not changed once it is
// made, so what differs between configs (time, depth, purpose) is set for each verification instead.
struct trust_store {
  x509_store_ptr store;
  anchor_bundles made_of;  // keeps them alive, since they are what it is found by
};

[[nodiscard]] result<std::shared_ptr<const trust_store>> trust_store_of(const anchor_bundles&);

// trust_store_count is for tests.
[[nodiscard]] intern_count trust_store_count();

STLS_NAMESPACE_END
