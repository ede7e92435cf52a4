// Certificates for the tests of x509::verify_path: authorities and leaves, good ones and those with one flaw.
#pragma once

#include "support/bytes.hpp"

#include <string>

namespace stls::test {

// path_certificate gives the DER of a row; the rows are in the .cpp. They are for localhost and 127.0.0.1.
bytes path_certificate(const std::string& name);

}  // namespace stls::test
