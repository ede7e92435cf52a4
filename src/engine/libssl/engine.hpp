// One end of one connection on libssl.
#pragma once

#include "base/fail.hpp"
#include "base/secret.hpp"
#include "engine/libssl/bio.hpp"
#include "engine/libssl/context.hpp"
#include "engine/libssl/ocsp.hpp"
#include "engine/libssl/openssl.hpp"
#include "engine/wire.hpp"
#include "x509/server_name.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

// Its BIO leads from libssl back to it.
class libssl_engine final : public engine, private bio_end {
 public:
  // make makes a client that verifies the peer as `name`, or a server, after the role of the context. A
  // client offers the session, if there is one.
  [[nodiscard]] static result<std::unique_ptr<engine>> make(std::shared_ptr<const libssl_context>,
                                                            x509::server_name, buffering,
                                                            const libssl_session*);

  explicit libssl_engine(std::shared_ptr<const libssl_context> ctx) noexcept : context_(std::move(ctx)) {}
  ~libssl_engine() override;

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

  // Callbacks of libssl, for the context to set.
  static int verify_peer(X509_STORE_CTX*, void*) noexcept;
  static void note_progress(const SSL*, int where, int alert) noexcept;
  static int accept_servername(SSL*, int* alert, void*) noexcept;
  static int keep_session(SSL*, SSL_SESSION*) noexcept;
  static const settings& settings_of(const SSL*) noexcept;
  static int send_staple(SSL*, void*) noexcept;    // server
  static int accept_staple(SSL*, void*) noexcept;  // client
  static void note_key(const SSL*, const char* line) noexcept;

 private:
  result<void> start(x509::server_name, buffering, const libssl_session*);
  static libssl_engine& of(const SSL* ssl) noexcept { return static_cast<libssl_engine&>(end_of(ssl)); }
  [[nodiscard]] std::string_view asked_for() const noexcept {
    return name_ ? std::string_view(name_->text) : std::string_view();
  }

  // key_delivery stands at the head of each verb: lines for the key log, which libssl gives in the middle of
  // its work, go to the application when that is over.
  struct key_delivery {
    explicit key_delivery(libssl_engine& of) noexcept : self(of) {}
    key_delivery(const key_delivery&) = delete;
    key_delivery& operator=(const key_delivery&) = delete;
    ~key_delivery() {
      if (self.key_lines_) self.deliver_keys();
    }
    libssl_engine& self;
  };
  void deliver_keys() noexcept;

  io_result drive_handshake() noexcept;
  io_result send_close_notify() noexcept;
  // finished turns the answer of an SSL_ function into ours.
  io_result finished(int answer, std::size_t n) noexcept;
  io_result failed(int ssl_error) noexcept;
  io_result refuse(errc code, const char* sentence) noexcept;
  error explain(int ssl_error);
  // condemn keeps why the peer's certificate is refused; without memory for it libssl's own words are told.
  void condemn(error why) noexcept;
  // fail_with keeps what compose() gives.
  template <class Compose>
  void fail_with(Compose&& compose) noexcept {
    error_.reset();
    static_cast<void>(guarded([&]() -> result<void> {
      error_ = std::make_unique<const error>(std::forward<Compose>(compose)());
      return {};
    }));
  }
  void look_for_tickets() noexcept;
  void keep_renewed_session() noexcept;
  void note_finite_field() noexcept;
  [[nodiscard]] bool nothing_understood() const noexcept;  // not a message of the peer was
  [[nodiscard]] bool answer_was_offered() const noexcept;
  // In ocsp.cpp: the error of judge_staple is why the handshake must end.
  result<void> judge_staple(const STACK_OF(X509) * chain);
  result<void> refuse_revoked(X509_STORE_CTX*);
  void warn_of_staple() const noexcept;
  // flush_last_words writes what libssl wanted to say, e.g. an alert, when it failed. False: a want; repeat.
  io_result flush_last_words() noexcept;

  std::shared_ptr<const libssl_context> context_;
  std::unique_ptr<const x509::server_name> name_;  // null: a server
  // Most connections have none of these. Null where there should be an error: there was no memory for it.
  std::unique_ptr<const error> error_;               // what take_error will give
  std::unique_ptr<error> verdict_;                   // why the peer's certificate was refused, or sign failed
  std::unique_ptr<const ocsp_verdict> staple_;       // null: the server sent none
  std::unique_ptr<std::vector<secret>> key_lines_;   // not yet delivered; null: none
  std::unique_ptr<const std::string> finite_field_;  // of DHE before TLS 1.3; null: another group
  std::size_t unsent_ = 0;  // size of the record that libssl has made, but could not write yet
  std::span<const std::byte> last_words_;
  int alert_sent_ = -1;
  bool established_ = false;
  bool dead_ = false;  // failed for good: libssl must not be called any more
  bool close_notify_sent_ = false;
  bool ticket_came_ = false;   // a client's
  bool spoiled_ = false;       // the session must not be resumed: the peer broke the protocol
  int looks_for_tickets_ = 8;  // how often a client that only writes still looks for tickets
  std::shared_ptr<const libssl_session> latest_;  // the last session that came
  std::size_t sessions_received_ = 0;
};

STLS_NAMESPACE_END
