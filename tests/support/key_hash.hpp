// How a key is named to who signs with it.
#pragma once

#include <string>

namespace stls::test {

// key_hash is the one that libtls gives the key of the first certificate in a PEM text: "SHA256:" and 64
// hexadecimal digits, of the bits of the key.
[[nodiscard]] std::string key_hash(const std::string& certificate_pem);

}  // namespace stls::test
