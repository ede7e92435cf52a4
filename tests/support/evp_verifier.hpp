// The arithmetic of x509::verify_path by libcrypto.
#pragma once

#include "x509/path_rules.hpp"

namespace stls::test {

class evp_verifier final : public x509::signature_verifier {
 public:
  [[nodiscard]] bool verify(const x509::signature_algorithm&, const x509::public_key&, x509::der_view message,
                            x509::der_view signature) const noexcept override;
};

}  // namespace stls::test
