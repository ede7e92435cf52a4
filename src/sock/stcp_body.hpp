// stcp_body: TLS over a socket of the loop.
#pragma once

#include "sock/event.hpp"
#include "sock/handshake_count.hpp"
#include "sock/out_buffer.hpp"
#include "sock/socket_body.hpp"

#include <asio/steady_timer.hpp>
#include <stls/config.hpp>
#include <stls/connection.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>
#include <stls/sock/address.hpp>
#include <stls/sock/network.hpp>
#include <stls/sock/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// stcp_body is what an stcp stands for. It is the transport of its connection: what the engine writes is
// always taken, into the output buffer, so that no verb ever ends with a record half made; and no verb makes
// more while a batch lies there.
//
// Who sends: the verb in the write lane, if one runs; else the pump, which is no coroutine and needs nobody
// to wait for it.
class stcp_body : public std::enable_shared_from_this<stcp_body> {
 public:
  using ptr = std::shared_ptr<stcp_body>;
  using clock = lane::clock;

  // On an error `lower` is left as it was.
  static result<ptr> make_client(tcp&& lower, std::string_view servername, const config& conf,
                                 std::span<const std::byte> session);
  // A peer in one of `proxies` must begin with a PROXY header.
  static result<ptr> make_server(tcp&& lower, const server& by, clock::duration handshake_timeout,
                                 pending_handshake counted, std::span<const network> proxies);
  explicit stcp_body(tcp lower) noexcept : lower_(std::move(lower)) {}

  // -- the verbs of stcp

  static task<> handshake(ptr self, expires e);
  static task<> connect(ptr self, std::string vhost, expires e);
  static task<std::size_t> recv(ptr self, std::span<std::byte> into, expires e);
  static task<> send(ptr self, std::span<const std::byte> from, expires e);
  static task<> shutdown(ptr self, direction d, expires e);
  static task<> close(ptr self, expires e);
  // abandon frees the descriptor without a word.
  void abandon();

  [[nodiscard]] tcp& lower() noexcept { return lower_; }
  [[nodiscard]] socket_body& socket() noexcept { return *lower_.body_; }
  [[nodiscard]] clock::time_point deadline(lane_name who, expires e) { return socket().deadline(who, e); }
  [[nodiscard]] connection& tls() noexcept { return tls_; }
  [[nodiscard]] bool closed() noexcept { return closed_ || socket().closed(); }
  // remote is the client of a proxy that has said so, else the peer of the socket.
  [[nodiscard]] result<address> remote();

  // -- the transport

  io_result read(std::span<std::byte> into) noexcept;
  io_result write(std::span<const std::byte> from);

 private:
  // drive makes the handshake, or waits for the verb that does.
  asio::awaitable<stop_reason> drive(lane_name who);
  class driving;
  // advance goes on with the handshake, and with the PROXY header before it, as far as that does not wait.
  io_result advance();
  io_result hear_proxy() noexcept;
  result<bool> receive_proxy_header();
  // send_all sends what is in the output buffer.
  asio::awaitable<stop_reason> send_all(lane_name who);

  asio::awaitable<void> linger(lane_name who, bool hears);

  [[nodiscard]] bool tickets_are_due() const;
  [[nodiscard]] error last_error() const;
  [[nodiscard]] error refusal(lane_name who, const char* verb) const;
  // reworded says what a stop of the socket means to TLS.
  [[nodiscard]] stop_reason reworded(stop_reason stop) const;
  io_result receive(std::span<std::byte> into) noexcept;
  // read_more has the engine fill as much of `into` as can be had without waiting.
  io_result read_more(std::span<std::byte> into, std::size_t& got) noexcept;
  void keep_staged() noexcept;
  // carry gives the memory that carry_ is.
  std::vector<std::byte>& carry();
  // lend_carry is for who is going to wait: another connection may have that memory.
  void lend_carry() noexcept;
  // flush gives the system what it takes. After a failure of the socket there is nothing left to send.
  io_result flush() noexcept;
  // flush_or_pump is for who cannot wait until it is sent.
  void flush_or_pump();
  void start_pump();
  void stop_pump() noexcept;
  void limit_handshake(clock::time_point at);
  void extend_handshake(expires e);
  void handshake_took_too_long();
  // settle is what follows a handshake that is over.
  void settle(bool established);
  // part is a farewell without waiting: for who closes at once, or could not send all.
  void part() noexcept;
  void free_descriptor() noexcept;

  tcp lower_;
  connection tls_;
  client client_;  // a client's, until the first byte: it may learn another name
  out_buffer out_;
  std::unique_ptr<std::vector<std::byte>>
      carry_;                          // wire bytes that were received, and not taken by the engine
  std::span<const std::byte> staged_;  // the same, in memory of the thread, while a verb runs
  std::size_t room_ = 0;               // how many bytes of plaintext the verb that runs has room for
  ready_wait pump_;
  event changed_;  // something that a verb may sleep for: it wakes, and looks
  std::unique_ptr<asio::steady_timer> handshake_alarm_;
  struct proxied {
    std::optional<address> client;  // none: the header has not come yet
    std::optional<error> failure;   // of the header
  };
  std::unique_ptr<proxied> proxied_;  // null: there is no header, or it named no client
  pending_handshake counted_;
  int write_failure_ = 0;
  bool is_client_ = false;
  bool driving_ = false;
  bool established_ = false;
  bool touched_ = false;  // the transport was used
  bool heard_ = false;    // the peer has said something after its handshake
  bool pumping_ = false;
  bool handshake_timed_out_ = false;
  bool handshake_unlimited_ = false;  // the caller said so
  bool lost_bytes_ = false;           // there was no memory to keep them
  bool read_shut_ = false;
  bool write_shut_ = false;
  bool end_is_due_ = false;  // of the stream, behind what is in the output buffer
  bool closed_ = false;
};

STLS_NAMESPACE_END
