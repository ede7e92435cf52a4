#include "engine/wire.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <string>
#include <system_error>

STLS_NAMESPACE_BEGIN

io_result wire::pull(std::span<std::byte> into) noexcept {
  writing_ = false;
  if (failed()) return {0, io_status::error};
  if (eof_) return {0, io_status::eof};
  if (transport_.read == nullptr) return broken(failure_kind::missing, {}, into.size());
  errno = 0;  // so that what is found there after a failure is the callback's
  return checked(transport_.read(transport_.self, into), into.size());
}

io_result wire::push(std::span<const std::byte> from) noexcept {
  writing_ = true;
  if (failed()) return {0, io_status::error};
  if (transport_.write == nullptr) return broken(failure_kind::missing, {}, from.size());
  refused_ = from;
  errno = 0;
  return checked(transport_.write(transport_.self, from), from.size());
}

io_result wire::checked(io_result answer, std::size_t offered) noexcept {
  std::optional<io_status>& want = writing_ ? write_want_ : read_want_;
  want.reset();
  switch (answer.status) {
    case io_status::ok:
      if (answer.bytes == 0) return broken(failure_kind::zero, answer, offered);
      if (answer.bytes > offered) return broken(failure_kind::too_much, answer, offered);
      return answer;
    case io_status::want_read:
    case io_status::want_write:
      if (answer.bytes != 0) return broken(failure_kind::bytes_with_status, answer, offered);
      want = answer.status;
      has_wanted_ = has_wanted_ || !writing_;
      return answer;
    case io_status::eof:
      if (writing_) return broken(failure_kind::eof_on_write, answer, offered);
      if (answer.bytes != 0) return broken(failure_kind::bytes_with_status, answer, offered);
      eof_ = true;
      return answer;
    case io_status::error:
      break;
  }
  errno_ = errno;
  return broken(failure_kind::failed, answer, offered);
}

io_result wire::broken(failure_kind kind, io_result answer, std::size_t offered) noexcept {
  failure_ = kind;
  answer_ = answer;
  offered_ = offered;
  return {0, io_status::error};
}

error wire::failure() const {
  const std::string_view callback = writing_ ? "write callback" : "read callback";
  const std::string got = std::to_string(answer_.bytes);
  const std::string offered = std::to_string(offered_);
  error e(errc::transport, {});
  switch (failure_) {
    case failure_kind::none:
      return {};
    case failure_kind::missing:
      e.message = cat({callback, " is missing"});
      break;
    case failure_kind::failed:
      e.native = errno_;
      e.message = cat({callback, " failed"});
      if (errno_ != 0) e.message += cat({": ", std::generic_category().message(errno_)});
      break;
    case failure_kind::too_much:
      e.message = cat({callback, " returned ", got, " bytes, more than the ", offered, " it was offered"});
      break;
    case failure_kind::zero:
      e.message = cat({callback, " returned ok with 0 bytes"});
      break;
    case failure_kind::bytes_with_status:
      e.message = cat({callback, " returned ", got, " bytes together with a status other than ok"});
      break;
    case failure_kind::eof_on_write:
      e.message = "write callback returned eof";
      break;
  }
  return e;
}

STLS_NAMESPACE_END
