#include "engine/libssl/bio.hpp"

STLS_NAMESPACE_BEGIN

namespace {

bio_end& end_of(BIO* bio) noexcept { return *static_cast<bio_end*>(BIO_get_data(bio)); }

// What a method answers when it moved nothing goes up to libssl as it is, and there -1 and 0 differ:
// SSL_shutdown takes a 0 from below for an alert that was sent.
constexpr int moved = 1;
constexpr int at_end = 0;
constexpr int not_now = -1;

int read(BIO* bio, char* into, std::size_t size, std::size_t* got) noexcept {
  BIO_clear_retry_flags(bio);
  const io_result r = end_of(bio).io().pull(std::as_writable_bytes(std::span(into, size)));
  *got = r.bytes;
  // Whichever want it was, libssl is told of one for reading; the engine passes on what the callback said.
  if (r.wants()) BIO_set_retry_read(bio);
  if (r.status == io_status::eof) return at_end;
  return r.ok() ? moved : not_now;
}

int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) noexcept {
  BIO_clear_retry_flags(bio);
  bio_end& end = end_of(bio);
  const io_result r = end.io().push(std::as_bytes(std::span(from, size)));
  *taken = r.bytes;
  if (r.status == io_status::error && SSL_get_state(end.connection()) == TLS_ST_SW_SESSION_TICKET) {
    // A client may send its request and close at once. That the tickets, which nobody waits for, cannot be
    // written to it must not lose the request, so they count as written. libssl does the same, but only when
    // it flushes.
    *taken = size;
    return moved;
  }
  if (r.wants()) BIO_set_retry_write(bio);
  return r.ok() ? moved : not_now;
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
  switch (command) {
    case BIO_CTRL_FLUSH:  // nothing is held back here
      return 1;
    case BIO_CTRL_EOF:  // else OpenSSL 3 reports the end as an error without a reason
      return end_of(bio).io().at_eof() ? 1 : 0;
    default:  // kTLS among them: there is no socket
      return 0;
  }
}

const BIO_METHOD* method() noexcept {
  static const bio_method_ptr made = [] {
    bio_method_ptr m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stls transport"));
    if (m) {
      BIO_meth_set_read_ex(m.get(), read);
      BIO_meth_set_write_ex(m.get(), write);
      BIO_meth_set_ctrl(m.get(), control);
    }
    return m;
  }();
  return made.get();
}

}  // namespace

bio_ptr new_wire_bio(bio_end& end) noexcept {
  if (method() == nullptr) return nullptr;
  bio_ptr bio(BIO_new(method()));
  if (bio) {
    BIO_set_data(bio.get(), &end);
    BIO_set_init(bio.get(), 1);
  }
  return bio;
}

STLS_NAMESPACE_END
