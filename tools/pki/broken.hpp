// Certificates and chains that are broken in every way that a verifier must notice.
#pragma once

#include <vector>

#include "spec.hpp"

namespace pki {

std::vector<cert_spec> broken_certs();

}  // namespace pki
