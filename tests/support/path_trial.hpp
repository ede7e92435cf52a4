// One question to x509::verify_path, which libcrypto can be asked as well.
#pragma once

#include "support/bytes.hpp"
#include "x509/path_rules.hpp"

#include <stls/error.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace stls::test {

struct path_trial {
  std::vector<bytes> sent;  // DER, the peer's own first
  std::vector<bytes> anchors;
  x509::path_rules rules{};
};

// judge gives the DER of the path that stls finds, with the signatures verified by libcrypto.
result<std::vector<bytes>> judge(const path_trial&);

// libcrypto_code is what X509_verify_cert says when it is asked in libssl's way: 0 is good (X509_V_OK).
int libcrypto_code(const path_trial&);

// refusal_for is the sentence that stls has for such a code; "" for 0.
std::string refusal_for(int libcrypto_code);

// system_time is now, in the seconds of the rules.
inline std::chrono::sys_seconds system_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace stls::test
