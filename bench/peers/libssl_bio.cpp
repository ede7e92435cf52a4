// links: OpenSSL::SSL OpenSSL::Crypto
//
// libssl with a BIO of one's own and read-ahead: the least that can stand between libssl and the link, and so
// the limit for stls on this engine. What stls is below it, its own code costs.
#include "support/libssl_peer.hpp"
#include "support/serve.hpp"

namespace {

using bench::must;

bench::end& end_of(BIO* bio) { return *static_cast<bench::end*>(BIO_get_data(bio)); }

int read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  *got = end_of(bio).in.read(std::as_writable_bytes(std::span(into, size)));
  if (*got == 0) BIO_set_retry_read(bio);
  return *got == 0 ? 0 : 1;
}

int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
  BIO_clear_retry_flags(bio);
  *taken = end_of(bio).out.write(std::as_bytes(std::span(from, size)));
  if (*taken == 0) BIO_set_retry_write(bio);
  return *taken == 0 ? 0 : 1;
}

long control(BIO* /*unused*/, int command, long /*unused*/, void* /*unused*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct own_bio {
  static void attach(SSL* ssl, bench::end& e) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "link");
      must(made != nullptr, "BIO_meth_new");
      BIO_meth_set_read_ex(made, read);
      BIO_meth_set_write_ex(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    BIO* bio = BIO_new(method);
    must(bio != nullptr, "BIO_new");
    BIO_set_data(bio, &e);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_read_ahead(ssl, 1);
  }
  static void fill(SSL* /*unused*/, bench::end& /*unused*/) {}
  static void flush(SSL* /*unused*/, bench::end& /*unused*/) {}
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bench::libssl_peer<own_bio>>(argc, argv); }
