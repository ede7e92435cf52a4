// An engine that cannot go on receiving after shutdown refuses it: what the connection makes of that.
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/tls_link.hpp"

#include "engine/snapshot.hpp"

#include <stls/engine.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

// A real engine, but for half-close.
class no_half_close final : public engine {
 public:
  explicit no_half_close(std::unique_ptr<engine> real) : real_(std::move(real)) {}

  io_result handshake(transport t) noexcept override { return real_->handshake(t); }
  io_result read(transport t, std::span<std::byte> into) noexcept override { return real_->read(t, into); }
  io_result write(transport t, std::span<const std::byte> from) noexcept override {
    return real_->write(t, from);
  }
  io_result shutdown(transport) noexcept override {
    refusal_ = error(errc::unsupported, "shutdown: not supported");
    return failed;
  }
  io_result close(transport t) noexcept override { return real_->close(t); }
  bool release_buffers() noexcept override { return real_->release_buffers(); }
  [[nodiscard]] std::size_t pending() const noexcept override { return real_->pending(); }
  [[nodiscard]] bool established() const noexcept override { return real_->established(); }
  void describe(conn_info& info) const override { real_->describe(info); }
  [[nodiscard]] result<std::vector<std::byte>> export_session() const override {
    return real_->export_session();
  }
  [[nodiscard]] std::size_t sessions_received() const noexcept override { return 0; }
  [[nodiscard]] result<ocsp_verdict> judge_ocsp(std::span<const std::byte> response) const override {
    return real_->judge_ocsp(response);
  }
  error take_error() noexcept override {
    return refusal_.code ? std::exchange(refusal_, error()) : real_->take_error();
  }

 private:
  std::unique_ptr<engine> real_;
  error refusal_;
};

class its_context final : public context {
 public:
  explicit its_context(std::shared_ptr<const context> real) : real_(std::move(real)) {}

  [[nodiscard]] std::string_view engine_name() const noexcept override { return real_->engine_name(); }
  [[nodiscard]] const settings& options() const noexcept override { return real_->options(); }
  [[nodiscard]] result<std::unique_ptr<engine>> new_client(
      std::string_view servername, buffering how, std::span<const std::byte> session) const override {
    return wrapped(real_->new_client(servername, how, session));
  }
  [[nodiscard]] result<std::unique_ptr<engine>> new_server(buffering how) const override {
    return wrapped(real_->new_server(how));
  }

 private:
  static result<std::unique_ptr<engine>> wrapped(result<std::unique_ptr<engine>> made) {
    return std::move(made).map([](std::unique_ptr<engine> real) -> std::unique_ptr<engine> {
      return std::make_unique<no_half_close>(std::move(real));
    });
  }
  std::shared_ptr<const context> real_;
};

TEST(refused_shutdown, leaves_sending_and_receiving_open) {
  const auto server = made(engine_cases().front().server_options());
  const auto client = made(engine_cases().front().client_options());
  const auto real = compiled(client, role::client);
  ASSERT_TRUE(succeeded(real));
  client.frozen()->memos.front().compiled = std::make_shared<its_context>(*real);
  tls_link link;
  link.open(client, server);
  actor a(link.client);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);

  EXPECT_EQ(link.client.shutdown(), failed);
  EXPECT_TRUE(is_error(link.client.failure(), errc::unsupported));
  a.exchange(to_bytes("there"), 4).close();
  b.exchange(to_bytes("back"), 5).recv_end();
  play(a, b);
  EXPECT_EQ(to_text(a.received), "back");
  EXPECT_EQ(to_text(b.received), "there");
}

}  // namespace
}  // namespace stls::test
