// What a path is asked for, and the arithmetic that an engine adds to judge it.
#pragma once

#include "x509/der.hpp"
#include "x509/public_key.hpp"
#include "x509/signature_algorithm.hpp"

#include <stls/export.hpp>

#include <chrono>
#include <optional>

STLS_NAMESPACE_BEGIN

namespace x509 {

enum class purpose { server_auth, client_auth };

struct path_rules {
  purpose of = purpose::server_auth;
  int max_depth = 6;  // the option verify_depth: CAs between leaf and root, 0 to 100
  std::optional<std::chrono::sys_seconds> at{};  // nothing: times are not checked
};

// signature_verifier is what an engine adds: arithmetic alone, no rules.
class signature_verifier {
 public:
  signature_verifier() = default;
  signature_verifier(const signature_verifier&) = delete;
  signature_verifier& operator=(const signature_verifier&) = delete;
  virtual ~signature_verifier() = default;

  // verify says whether `signature` is the key's over `message`. An algorithm or a key that the engine does
  // not know is false. The kind of the algorithm is never `unknown` and always fits the kind of the key; the
  // signature is not empty.
  [[nodiscard]] virtual bool verify(const signature_algorithm&, const public_key&, der_view message,
                                    der_view signature) const noexcept = 0;
};

}  // namespace x509

STLS_NAMESPACE_END
