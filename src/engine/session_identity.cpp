#include "engine/session_identity.hpp"

#include <span>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace {

// list hashes items one by one, and then their hashes, so that the borders between items matter.
class list {
 public:
  explicit list(const provider& by) noexcept : by_(by) {}

  void add(std::span<const std::byte> item) {
    const auto hash = by_.sha256(item);
    hashes_.insert(hashes_.end(), hash.begin(), hash.end());
  }
  void add(std::string_view item) { add(std::as_bytes(std::span(item))); }
  // begin stands before items whose number varies.
  void begin(std::size_t count) { add(std::to_string(count)); }

  [[nodiscard]] settings_identity sum() const { return by_.sha256(hashes_); }

 private:
  const provider& by_;
  bytes hashes_;
};

void add_roots(list& all, const anchor_bundles& roots) {
  all.begin(roots.size());
  for (const auto& bundle : roots) {
    all.begin(bundle->certificates.size());
    for (const bytes& der : bundle->certificates) all.add(der);
  }
}

void add_revocation(list& all, const settings& set) {
  const std::array rules = {static_cast<std::byte>(set.ocsp_require_stapling)};
  all.add(rules);
  if (!set.crls) return;
  all.begin(set.crls->lists.size());
  for (const bytes& der : set.crls->lists) all.add(der);
}

settings_identity of_client(const settings& set, list all) {
  all.add(to_string(set.versions));
  all.begin(set.ciphers.suites.size());
  for (const cipher_suite* suite : set.ciphers.suites) all.add(suite->name);
  all.begin(set.alpn.size());
  for (const std::string& protocol : set.alpn) all.add(protocol);
  const std::array rules = {static_cast<std::byte>(set.verify_cert), static_cast<std::byte>(set.verify_name),
                            static_cast<std::byte>(set.verify_time),
                            static_cast<std::byte>(set.verify_depth)};
  all.add(rules);
  add_roots(all, roots_of(set).value_or(anchor_bundles()));
  add_revocation(all, set);
  if (!set.keypairs.empty()) {
    for (const bytes& der : set.keypairs.front().chain) all.add(der);
  }
  return all.sum();
}

settings_identity of_server(const settings& set, list all) {
  const std::array rules = {static_cast<std::byte>(set.verify_client),
                            static_cast<std::byte>(set.verify_time),
                            static_cast<std::byte>(set.verify_depth)};
  all.add(rules);
  if (set.verify_client == client_certificate::none) return all.sum();
  add_roots(all, set.anchors);
  add_revocation(all, set);
  return all.sum();
}

}  // namespace

settings_identity identity_of(const settings& set, role side, const provider& by) {
  return side == role::client ? of_client(set, list(by)) : of_server(set, list(by));
}

STLS_NAMESPACE_END
