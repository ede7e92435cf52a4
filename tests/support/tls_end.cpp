#include "support/tls_end.hpp"

#include "support/expect.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace stls::test {

tls_end::tls_end(std::string name, transport wire, pace p, std::function<void()> hang_up)
    : name_(std::move(name)), dribble_(name_, wire, p), hang_up_(std::move(hang_up)) {}

void tls_end::adopt(result<connection> made) {
  ASSERT_TRUE(succeeded(made)) << name_;
  connection_ = std::move(*made);
  has_connection_ = true;
}

void tls_end::adopt(result<std::unique_ptr<engine>> made, std::shared_ptr<const context> by) {
  ASSERT_TRUE(succeeded(made)) << name_;
  context_ = std::move(by);
  engine_ = std::move(*made);
}

template <class Call>
io_result tls_end::checked(std::string_view verb, std::size_t offered, Call call) {
  const auto reads = dribble_.wants(io_status::want_read);
  const auto writes = dribble_.wants(io_status::want_write);
  const io_result r = call();
  const std::string what = name_ + "." + std::string(verb) + " -> " + to_string(r);
  switch (r.status) {
    case io_status::ok:
      EXPECT_LE(r.bytes, offered) << what << " of " << offered << ": contract 1";
      if (offered > 0) {
        EXPECT_GT(r.bytes, 0U) << what << ": contract 1";
      }
      break;
    case io_status::want_read:
      EXPECT_GT(dribble_.wants(io_status::want_read), reads)
          << what << " that no callback asked for: contract 2";
      break;
    case io_status::want_write:
      EXPECT_GT(dribble_.wants(io_status::want_write), writes)
          << what << " that no callback asked for: contract 2";
      break;
    case io_status::eof:
      EXPECT_EQ(verb, "recv") << what;
      break;
    case io_status::error:
      failure_ = engine_ ? engine_->take_error() : connection_.last_error();
      EXPECT_TRUE(failure_.code) << what << " without a code";
      EXPECT_TRUE(has_style(failure_)) << what;
      break;
    default:
      ADD_FAILURE() << what;
  }
  if (r.status != io_status::ok) {
    EXPECT_EQ(r.bytes, 0U) << what << ": contract 2";
  }
  return r;
}

io_result tls_end::handshake() {
  return checked("handshake", 0,
                 [&] { return engine_ ? engine_->handshake(io()) : connection_.handshake(); });
}

io_result tls_end::recv(std::span<std::byte> into) {
  return checked("recv", into.size(),
                 [&] { return engine_ ? engine_->read(io(), into) : connection_.recv(into); });
}

io_result tls_end::send(std::span<const std::byte> from) {
  return checked("send", from.size(),
                 [&] { return engine_ ? engine_->write(io(), from) : connection_.send(from); });
}

io_result tls_end::shutdown() {
  return checked("shutdown", 0, [&] { return engine_ ? engine_->shutdown(io()) : connection_.shutdown(); });
}

io_result tls_end::close() {
  return checked("close", 0, [&] { return engine_ ? engine_->close(io()) : connection_.close(); });
}

conn_info tls_end::info() {
  if (!engine_) return connection_.info();
  conn_info info;
  engine_->describe(info);
  return info;
}

void tls_end::destroy() {
  connection_ = connection();
  engine_.reset();
  dribble_.forget();
}

void tls_end::hang_up() {
  if (hang_up_) hang_up_();
}

}  // namespace stls::test
