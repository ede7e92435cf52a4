// Keypairs with keys of kinds that the PKI has not.
#pragma once

#include <stls/options.hpp>

#include <string>

namespace stls::test {

// make_pair makes a certificate for localhost with a key of that kind, e.g. "ED25519", "RSA-PSS", "P-384":
// signed by itself, or by a key of another kind where it cannot.
keypair make_pair(const std::string& kind, const std::string& kind_of_signer = {});

}  // namespace stls::test
