#include "engine/wire.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <string>
#include <system_error>

STLS_NAMESPACE_BEGIN

io_result wire::pull(std::span<std::byte> into) noexcept {
  if (read_.failed()) return {0, io_status::error};
  if (eof_) return {0, io_status::eof};
  if (transport_.read == nullptr) return read_.broken(failure_kind::missing, {}, into.size());
  errno = 0;  // so that what is found there after a failure is the callback's
  const io_result r = read_.checked(transport_.read(transport_.self, into), into.size());
  has_wanted_ = has_wanted_ || r.wants();
  eof_ = r.status == io_status::eof;
  return r;
}

io_result wire::push(std::span<const std::byte> from) noexcept {
  if (write_.failed()) return {0, io_status::error};
  if (transport_.write == nullptr) return write_.broken(failure_kind::missing, {}, from.size());
  refused_ = from;
  errno = 0;
  const io_result answer = transport_.write(transport_.self, from);
  if (answer.status == io_status::eof) return write_.broken(failure_kind::eof_on_write, answer, from.size());
  return write_.checked(answer, from.size());
}

io_result wire::direction::judged(io_result r, std::size_t size) noexcept {
  want.reset();
  waits = false;
  switch (r.status) {
    case io_status::ok:
      return broken(r.bytes == 0 ? failure_kind::zero : failure_kind::too_much, r, size);
    case io_status::want_read:
    case io_status::want_write:
    case io_status::eof:
      if (r.bytes != 0) return broken(failure_kind::bytes_with_status, r, size);
      if (r.wants()) want = r.status;
      waits = r.wants();
      return r;
    case io_status::error:
      break;
  }
  error_number = errno;
  return broken(failure_kind::failed, r, size);
}

io_result wire::direction::broken(failure_kind kind, io_result r, std::size_t size) noexcept {
  failure = kind;
  answered = r.bytes;
  offered = size;
  return {0, io_status::error};
}

error wire::failure() const {
  return read_.failed() ? read_.explain("read callback") : write_.explain("write callback");
}

error wire::direction::explain(std::string_view callback) const {
  const std::string got = std::to_string(answered);
  error e(errc::transport, {});
  switch (failure) {
    case failure_kind::none:
      return {};
    case failure_kind::missing:
      e.message = cat({callback, " is missing"});
      break;
    case failure_kind::failed:
      e.native = error_number;
      e.message = cat({callback, " failed"});
      if (error_number != 0) e.message += cat({": ", std::generic_category().message(error_number)});
      break;
    case failure_kind::too_much:
      e.message = cat({callback, " returned ", got, " bytes, more than the ", std::to_string(offered),
                       " it was offered"});
      break;
    case failure_kind::zero:
      e.message = cat({callback, " returned ok with 0 bytes"});
      break;
    case failure_kind::bytes_with_status:
      e.message = cat({callback, " returned ", got, " bytes together with a status other than ok"});
      break;
    case failure_kind::eof_on_write:
      e.message = cat({callback, " returned eof"});
      break;
  }
  return e;
}

STLS_NAMESPACE_END
