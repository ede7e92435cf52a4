// terms: what the two ends of a connection agree on. Peers are compared with those alone that keep the same.
#pragma once

#include <string>

namespace bench {

struct terms {
  const char* version;
  const char* cipher;         // OpenSSL's name
  const char* group;          // of a full handshake
  const char* resumed_group;  // of a resumed one; empty: it exchanges no keys
};

inline constexpr terms tls_1_3{
    .version = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256", .group = "X25519", .resumed_group = "X25519"};
inline constexpr terms tls_1_2{
    .version = "TLSv1.2", .cipher = "ECDHE-ECDSA-AES128-GCM-SHA256", .group = "X25519", .resumed_group = ""};
// The limit: what the same costs without TLS.
inline constexpr terms plain{.version = "TCP", .cipher = "", .group = "", .resumed_group = ""};

// describe says the same of the same terms.
inline std::string describe(const terms& t) {
  const std::string version = t.version;
  return *t.cipher == '\0' ? version : version + ' ' + t.cipher + ' ' + t.group;
}

}  // namespace bench
