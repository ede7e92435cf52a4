// links: OpenSSL::SSL OpenSSL::Crypto
//
// libssl as its manual has it for those who move the bytes themselves: memory BIOs, and an SSL_CTX for ever.
#include "support/libssl_peer.hpp"
#include "support/serve.hpp"

namespace {

using bench::must;

// As on the way to and from a socket, the bytes pass through a buffer of the application's.
struct memory_bios {
  static void attach(SSL* ssl, bench::end& /*unused*/) {
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    must(in != nullptr && out != nullptr, "BIO_new");
    SSL_set_bio(ssl, in, out);
  }

  static void fill(SSL* ssl, bench::end& e) {
    while (const std::size_t n = e.in.read(buffer)) {
      std::size_t taken = 0;
      must(BIO_write_ex(SSL_get_rbio(ssl), buffer.data(), n, &taken) == 1 && taken == n, "BIO_write_ex");
    }
  }

  static void flush(SSL* ssl, bench::end& e) {
    BIO* out = SSL_get_wbio(ssl);
    while (BIO_ctrl_pending(out) != 0) {
      std::size_t n = 0;
      must(BIO_read_ex(out, buffer.data(), buffer.size(), &n) == 1, "BIO_read_ex");
      if (e.out.write(std::span(buffer).first(n)) != n) throw bench::failure("the pipe is full");
    }
  }

  static inline std::array<std::byte, 32768> buffer{};
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bench::libssl_peer<memory_bios>>(argc, argv); }
