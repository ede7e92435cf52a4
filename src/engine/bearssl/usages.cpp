#include "engine/bearssl/usages.hpp"

#include "x509/extensions.hpp"

#include <bearssl.h>

STLS_NAMESPACE_BEGIN

unsigned usages_of(const x509::certificate& leaf) noexcept {
  const x509::extension* found = leaf.find(x509::extension_oid::key_usage);
  if (found == nullptr) return BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX;
  const auto usage = x509::parse_key_usage(found->value);
  if (!usage) return 0;
  return (usage->digital_signature ? unsigned{BR_KEYTYPE_SIGN} : 0U) |
         (usage->key_encipherment ? unsigned{BR_KEYTYPE_KEYX} : 0U);
}

STLS_NAMESPACE_END
