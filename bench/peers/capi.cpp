// links: stls::tls
//
// The C API of stls on its engine libssl.
#include "support/libtls_peer.hpp"
#include "support/serve.hpp"

#include <stls/export.hpp>

#include <string>

namespace {

struct use_one_cipher {
  explicit use_one_cipher(tls_config*) {}
  static std::string version() { return "libtls of stls " STLS_VERSION_STRING; }
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bench::libtls_peer<use_one_cipher>>(argc, argv); }
