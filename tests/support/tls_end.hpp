// tls_end: one end of a TLS connection under test, with its transport; it checks the contract at each call.
#pragma once

#include "support/dribble.hpp"

#include <stls/connection.hpp>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/io.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace stls::test {

// tls_end holds a connection, or an engine by itself, and offers the same verbs for both. At each of them it
// fails the test if a rule of engine.hpp is broken that can be seen there:
//
//   1  ok moves at least one byte and no more than was offered
//   2  a want has no bytes, and a callback answered that want during this very call
//   4  in the dribble
//   6  an error has a code and a sentence in stls's style
class tls_end {
 public:
  // `hang_up` is called when this end of the wire shall be closed.
  tls_end(std::string name, transport wire, pace = pace::plain, std::function<void()> hang_up = {});
  tls_end(const tls_end&) = delete;
  tls_end& operator=(const tls_end&) = delete;

  // io is the transport to make the connection with; then adopt it.
  [[nodiscard]] transport io() noexcept { return transport::from(dribble_); }
  void adopt(result<connection>);
  // An engine, with the context that it was made by.
  void adopt(result<std::unique_ptr<engine>>, std::shared_ptr<const context>);
  [[nodiscard]] bool adopted() const noexcept { return has_connection_ || engine_ != nullptr; }

  io_result handshake();
  io_result recv(std::span<std::byte> into);
  io_result send(std::span<const std::byte> from);
  io_result shutdown();
  io_result close();

  // What was wrong with the last verb that answered an error.
  [[nodiscard]] const error& failure() const noexcept { return failure_; }

  [[nodiscard]] connection& conn() noexcept { return connection_; }
  [[nodiscard]] engine& eng() noexcept { return *engine_; }
  [[nodiscard]] dribble& wire() noexcept { return dribble_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] conn_info info();

  // For actors: settle lets captured buffers move, moved is the bytes that went over the transport.
  void settle() { dribble_.settle(); }
  [[nodiscard]] std::size_t moved() const noexcept { return dribble_.moved(); }
  // destroy destroys the connection, and hang_up closes the wire after that.
  void destroy();
  void hang_up();

 private:
  template <class Call>
  io_result checked(std::string_view verb, std::size_t offered, Call call);

  std::string name_;
  dribble dribble_;
  std::function<void()> hang_up_;
  connection connection_;
  bool has_connection_ = false;
  std::shared_ptr<const context> context_;
  std::unique_ptr<engine> engine_;
  error failure_;
};

}  // namespace stls::test
