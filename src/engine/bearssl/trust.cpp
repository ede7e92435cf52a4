#include "engine/bearssl/trust.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace {

intern_table<trusted_roots>& table() {
  // Never destroyed: configs may outlive main's statics.
  static auto& all = *new intern_table<trusted_roots>(interned::is_kept_while_latest);
  return all;
}

result<trusted_roots> make(const anchor_bundles& bundles) {
  std::vector<x509::der_view> certificates;
  for (const auto& bundle : bundles) {
    certificates.insert(certificates.end(), bundle->certificates.begin(), bundle->certificates.end());
  }
  auto index = x509::anchor_index::make(certificates);
  if (!index) return fail(errc::bad_pem, cat({"ca: ", index.error().message}));
  return trusted_roots{std::move(*index), bundles};
}

}  // namespace

result<std::shared_ptr<const trusted_roots>> trusted_roots_of(const anchor_bundles& bundles) {
  // Bundles are interned, so their addresses say what is in them, as long as they live: made_of sees to that.
  std::string addresses;
  for (const auto& bundle : bundles) {
    const void* address = bundle.get();
    addresses.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  return table().find_or_make(addresses, [&] { return make(bundles); });
}

intern_count roots_count() { return table().count(); }

STLS_NAMESPACE_END
