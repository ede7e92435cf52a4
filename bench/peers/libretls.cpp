// links: pkg:libtls OpenSSL::SSL OpenSSL::Crypto
//
// LibreTLS: libtls's API on OpenSSL.
#include "support/libretls.hpp"
#include "support/libtls_peer.hpp"
#include "support/serve.hpp"

int main(int argc, char** argv) {
  return bench::serve<bench::libtls_peer<bench::libretls_of_one_cipher>>(argc, argv);
}
