// links: stls::sock
//
// stls on its own sockets, as it comes.
#include "loopback/support/stls_sock.hpp"
#include "loopback/support/serve.hpp"

int main(int argc, char** argv) { return bench::serve_on_loopback<bench::stls_sock>(argc, argv); }
