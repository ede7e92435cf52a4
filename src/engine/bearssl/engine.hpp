// One end of one connection on BearSSL.
#pragma once

#include "engine/bearssl/context.hpp"
#include "engine/bearssl/record_buffers.hpp"
#include "engine/bearssl/verifier.hpp"
#include "engine/wire.hpp"
#include "x509/server_name.hpp"

#include <bearssl.h>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

STLS_NAMESPACE_BEGIN

class bearssl_engine final : public engine {
 public:
  // A client verifies the peer as `name`, and offers the session, if there is one. A server has neither.
  bearssl_engine(std::shared_ptr<const bearssl_context>, x509::server_name, buffering,
                 std::shared_ptr<const bearssl_session> offered) noexcept;
  ~bearssl_engine() override;

  io_result handshake(transport) noexcept override;
  io_result read(transport, std::span<std::byte> into) noexcept override;
  io_result write(transport, std::span<const std::byte> from) noexcept override;
  io_result shutdown(transport) noexcept override;
  io_result close(transport) noexcept override;
  bool release_buffers() noexcept override;
  [[nodiscard]] std::size_t pending() const noexcept override;
  [[nodiscard]] bool established() const noexcept override { return established_; }
  void describe(conn_info&) const override;
  [[nodiscard]] result<std::vector<std::byte>> export_session() const override;
  [[nodiscard]] std::size_t sessions_received() const noexcept override { return sessions_received_; }
  [[nodiscard]] result<ocsp_verdict> judge_ocsp(std::span<const std::byte> response) const override;
  error take_error() noexcept override;

 private:
  union connection_state {  // both begin with what they have in common
    br_ssl_client_context client;
    br_ssl_server_context server;
  };
  [[nodiscard]] br_ssl_engine_context& state() noexcept {
    return is_client() ? state_->client.eng : state_->server.eng;
  }
  [[nodiscard]] const br_ssl_engine_context& state() const noexcept {
    return is_client() ? state_->client.eng : state_->server.eng;
  }
  [[nodiscard]] bool begun() const noexcept { return state_ != nullptr; }
  [[nodiscard]] bool is_client() const noexcept { return context_->side() == role::client; }

  result<void> begin();
  result<void> begin_client();
  result<void> begin_server();
  result<void> seed();

  // In callbacks.cpp. BearSSL gives each an end, which leads here.
  template <class Methods>
  struct callback_end {
    const Methods* methods;
    bearssl_engine* self;
  };
  using policy_end = callback_end<br_ssl_server_policy_class>;
  using cache_end = callback_end<br_ssl_session_cache_class>;
  static const br_ssl_server_policy_class policy;
  static const br_ssl_session_cache_class cache;
  static int choose_keypair(const br_ssl_server_policy_class** ctx, const br_ssl_server_context*,
                            br_ssl_server_choices*) noexcept;
  static void keep_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context*,
                           const br_ssl_session_parameters*) noexcept;
  static int find_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context*,
                          br_ssl_session_parameters*) noexcept;
  static result<void> judge(void* pointer, const peer_chain&);
  [[nodiscard]] unsigned needed_usage() const noexcept;

  // The verbs are made of these. Each answers ok, a want of a callback, or the error of a dead connection.
  io_result prepare(transport t) noexcept {  // stands at the head of each verb
    wire_.attach(t);
    return !dead_ && begun() && buffers_.allocated() ? io_result{} : get_ready();
  }
  io_result get_ready() noexcept;
  io_result drive_handshake() noexcept { return established_ ? io_result{} : go_on_with_handshake(); }
  io_result go_on_with_handshake() noexcept;
  io_result send_flight() noexcept;   // of the handshake
  io_result push_records() noexcept;  // all that are ready; also answers an error of the transport
  io_result flush() noexcept;         // sends all that is ready
  void answer() noexcept;             // the same, if it can be sent now
  io_result fill() noexcept;          // receives once
  void count_record(bool ended_in_header) noexcept;
  [[nodiscard]] bool wish_arrives() const noexcept;
  io_result done(io_result) noexcept;

  void finish_handshake() noexcept;
  void remember_session();
  void deliver_key() noexcept;

  // In failures.cpp. die ends the connection for the reason that BearSSL, the judge or the transport gives.
  io_result die() noexcept;
  io_result die(int code) noexcept;
  io_result die(error, int alert) noexcept;
  io_result die_without_protocol() noexcept;
  void forget_session() noexcept;
  io_result refuse(errc code, const char* sentence) noexcept;
  error explain(int code) const;
  void prepare_alert(int alert) noexcept;
  io_result flush_last_words() noexcept;
  [[nodiscard]] bool spoke_tls() const noexcept;
  [[nodiscard]] bool peer_closed() const noexcept { return state().shutdown_recv != 0; }

  std::shared_ptr<const bearssl_context> context_;
  x509::server_name name_;
  buffering buffering_;
  std::unique_ptr<connection_state> state_;  // null until the first verb: a connection that waits is small
  record_buffers buffers_;
  bearssl_verifier verifier_;
  policy_end policy_{&policy, this};
  cache_end cache_{&cache, this};
  wire wire_;
  std::shared_ptr<const bearssl_session> session_;  // that is offered, found, or made
  std::size_t sessions_received_ = 0;
  error error_;
  std::array<unsigned char, 160> alert_{};  // a record with an alert, of any cipher
  std::span<const std::byte> last_words_;
  std::array<unsigned char, 5> first_bytes_{};  // that the peer ever sent
  std::size_t first_bytes_size_ = 0;
  std::vector<unsigned char> flight_;  // records of the handshake that are on their way
  std::size_t flight_sent_ = 0;
  std::size_t unsent_ = 0;     // plaintext in the record that is made, but could not be sent yet
  unsigned idle_records_ = 0;  // in a row, that have brought nothing
  std::size_t held_ = 0;       // bytes of a record in the clear that BearSSL has not got yet
  bool established_ = false;
  bool resumed_ = false;
  bool refused_ = false;  // the judge has refused the peer's certificate
  bool dead_ = false;
  bool closing_ = false;
};

STLS_NAMESPACE_END
