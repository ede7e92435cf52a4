// links: bench_portable_sock
//
// The same with the second way to wait, that of loops other than epoll's.
#include "loopback/support/serve.hpp"
#include "loopback/support/stls_sock.hpp"

int main(int argc, char** argv) { return bench::serve_on_loopback<bench::stls_sock>(argc, argv); }
