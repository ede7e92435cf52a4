// links: stls::stls
//
// stls on libssl.
#include "support/serve.hpp"
#include "support/stls_peer.hpp"

namespace {

struct on_libssl {
  static constexpr bench::terms keeps = bench::tls_1_3;

  static stls::options both_ends() {
    return {.ecdhecurves = keeps.group, .protocols = "tlsv1.3", .engine = "libssl"};
  }
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bench::stls_peer<on_libssl>>(argc, argv); }
