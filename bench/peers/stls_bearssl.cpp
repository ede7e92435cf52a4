// links: stls::stls BearSSL::BearSSL
//
// stls on BearSSL, which it has where BearSSL is found.
#include "support/serve.hpp"
#include "support/stls_peer.hpp"

#include <string>

namespace {

struct on_bearssl {
  static constexpr bench::terms keeps = bench::tls_1_2;

  static stls::options both_ends() {
    // The curve of the certificate has to be among the groups too; the first that both ends have is taken.
    return {.ciphers = keeps.cipher,
            .ecdhecurves = keeps.group + std::string(",P-256"),
            .protocols = "tlsv1.2",
            .engine = "bearssl"};
  }
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bench::stls_peer<on_bearssl>>(argc, argv); }
