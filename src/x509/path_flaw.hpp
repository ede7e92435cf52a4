// What can be wrong with a path, and what is said about it.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

STLS_NAMESPACE_BEGIN

namespace x509 {

enum class path_flaw {
  unreadable,  // an extension or a name of the peer's own certificate is malformed
  // no path
  self_signed_leaf,
  self_signed_root,
  no_issuer,
  no_root,
  too_long,
  too_many_paths,
  // a certificate
  unknown_critical,
  proxy,
  not_a_ca,
  unnamed_curve,
  wrong_purpose,
  path_length,
  weak_leaf_key,
  weak_ca_key,
  weak_digest,
  wrong_signature,
  not_yet_valid,
  expired,
  // its names
  not_permitted,
  excluded,
  constraint_not_whole,
  constraint_kind,
  constraint_syntax,
  too_many_names,
};

// refusal is the error: `certificate verification failed: ...`, in the words that OpenSSL's
// X509_verify_cert_error_string has for the same, so that both engines say the same, and with the alert that
// libssl sends.
[[nodiscard]] error refusal(path_flaw);

}  // namespace x509

STLS_NAMESPACE_END
