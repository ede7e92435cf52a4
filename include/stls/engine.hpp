// The inner seam: what a TLS engine must do. Applications use client, server and connection instead; what may
// be of interest to them here is providers().
//
// A provider compiles a config into a context for one role, a context makes engines, and an engine is one end
// of one connection. An engine has no sockets, no clock of its own and no threads: it moves bytes through the
// transport that each call is given.
//
// The contract, which every engine keeps and the tests prove:
//
//  1. {n, ok} with n > 0: n bytes of plaintext were moved; short counts are normal.
//
//  2. want_read, want_write: nothing was accepted; repeat the call with the same bytes, whose address may
//     have changed. A want is returned only when a callback returned that want during this very call.
//
//  3. read may write (KeyUpdate, alerts, tickets), and write may read (a handshake that is not finished).
//
//  4. After a want the callback is offered the same pointer and no smaller size again, and the memory is
//     valid until that retry (buffering::transient excepted).
//
//  5. The end of the transport before close_notify is an errc::truncated error; after it, eof.
//
//  6. Errors of the connection are sticky: every later verb answers the same one. busy, invalid_argument,
//     invalid_state and unsupported change nothing. Re-entry from a callback is busy. bad_alloc becomes
//     out_of_memory. Nothing throws.
//
//  7. A certificate that is refused is answered with the right fatal alert. While the transport cannot take
//     it the failing call answers want_write; then it answers the error.
//
// The tests for the contract are in tests/contract, and run for each provider.
#pragma once

#include <stls/buffering.hpp>
#include <stls/config.hpp>
#include <stls/conn_info.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>
#include <stls/role.hpp>
#include <stls/sign_request.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

struct settings;  // options, parsed; known to the engines only

// capabilities is what an engine can do. An option that needs more is refused by config::make.
struct capabilities {
  bool tls1_2 = false;
  bool tls1_3 = false;
  bool old_versions = false;  // TLS 1.0 and 1.1, where named
  bool half_close = false;    // receiving goes on after shutdown
  bool sessions = false;      // resumption
  bool tickets = false;       // shared ticket keys
  bool dhe = false;
  bool ocsp = false;  // stapling, both roles
  bool crl = false;
  bool cipher_expressions = false;  // lists in the engine's own language
  bool encrypted_keys = false;
  bool external_keys = false;  // that others sign with: options::sign
  bool keylog = false;
  bool kernel_tls = false;
};

// ocsp_verdict is what a client makes of an OCSP response for its server's certificate.
struct ocsp_verdict {
  ocsp_info info;
  // certificate_revoked, which is final; revocation_unknown: the response proves nothing; or zero: it says
  // `good`.
  error complaint;
};

// engine is one end of one connection. It is not thread-safe. All members are noexcept; after an
// io_status::error take_error() says what happened.
class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  virtual ~engine() = default;

  virtual io_result handshake(transport) noexcept = 0;  // ok: done, also when it was done before
  // The next two finish the handshake first, where it is not.
  virtual io_result read(transport, std::span<std::byte> into) noexcept = 0;  // eof: close_notify received
  virtual io_result write(transport, std::span<const std::byte> from) noexcept = 0;
  virtual io_result shutdown(transport) noexcept = 0;  // sends close_notify once; receiving goes on
  virtual io_result close(transport) noexcept = 0;     // sends close_notify, if it can be sent at all
  virtual bool release_buffers() noexcept = 0;         // false: not now, a callback's want is pending
  // pending is the number of plaintext bytes that read would give without the transport.
  [[nodiscard]] virtual std::size_t pending() const noexcept = 0;
  [[nodiscard]] virtual bool established() const noexcept = 0;  // the handshake is done and verified
  // describe is called once established; also after a failed handshake, where only the servername counts.
  virtual void describe(conn_info&) const = 0;
  virtual result<std::vector<std::byte>> export_session() const = 0;
  // sessions_received counts what a client could have exported so far: each ticket, or the session itself.
  [[nodiscard]] virtual std::size_t sessions_received() const noexcept = 0;
  // judge_ocsp judges a response that was not stapled, once established. unsupported: without
  // capabilities::ocsp.
  [[nodiscard]] virtual result<ocsp_verdict> judge_ocsp(std::span<const std::byte> response) const = 0;
  virtual error take_error() noexcept = 0;
};

// context is a config compiled for one role. It is immutable and may be used from any thread.
class context {
 public:
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  virtual ~context() = default;

  [[nodiscard]] virtual std::string_view engine_name() const noexcept = 0;  // its provider's; lives for ever
  [[nodiscard]] virtual const settings& options() const noexcept = 0;       // what it was compiled from
  // new_client makes an engine that will verify the peer as `servername`, which may be empty only where the
  // config does not verify names. `session` was exported, or is empty: then one that is kept may be resumed.
  [[nodiscard]] virtual result<std::unique_ptr<engine>> new_client(
      std::string_view servername, buffering, std::span<const std::byte> session) const = 0;
  [[nodiscard]] virtual result<std::unique_ptr<engine>> new_server(buffering) const = 0;
};

// credentials is what a provider made of a config's certificates and keys.
class credentials {
 public:
  credentials() = default;
  credentials(const credentials&) = delete;
  credentials& operator=(const credentials&) = delete;
  virtual ~credentials() = default;

  // sign is config::sign. Called only where capabilities::external_keys, whose engines have one.
  [[nodiscard]] virtual result<std::vector<std::byte>> sign(const sign_request&) const;
};

struct settings;

// provider is one TLS engine that was built in.
class provider {
 public:
  provider() = default;
  provider(const provider&) = delete;
  provider& operator=(const provider&) = delete;
  virtual ~provider() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;     // "libssl"
  [[nodiscard]] virtual std::string_view version() const noexcept = 0;  // "OpenSSL 3.0.19"
  [[nodiscard]] virtual const struct capabilities& capabilities() const noexcept = 0;
  [[nodiscard]] virtual bool has_group(std::string_view name) const noexcept = 0;
  [[nodiscard]] virtual bool has_cipher(std::string_view iana_name) const noexcept = 0;
  // expand_ciphers gives the IANA names that an expression in OpenSSL's language stands for, in its order.
  // Called only where capabilities::cipher_expressions.
  [[nodiscard]] virtual result<std::vector<std::string>> expand_ciphers(
      std::string_view expression) const = 0;

  // load parses the private keys and checks that they belong to their certificates.
  [[nodiscard]] virtual result<std::shared_ptr<const credentials>> load(const settings&) const = 0;
  // compile makes the context of a role. Callers use compiled(), which does it once.
  [[nodiscard]] virtual result<std::shared_ptr<const context>> compile(const config&, role) const = 0;
  // decrypted_key gives the private key that is encrypted in a PEM text, as PEM in the clear, which the
  // caller wipes. Called only where capabilities::encrypted_keys. Errors: bad_pem.
  [[nodiscard]] virtual result<std::string> decrypted_key(std::string_view pem_text,
                                                          std::string_view password) const = 0;
  [[nodiscard]] virtual std::array<std::byte, 32> sha256(std::span<const std::byte>) const = 0;
};

// providers lists the engines that were built in, the default first.
[[nodiscard]] STLS_EXPORT std::span<const provider* const> providers() noexcept;

// find_provider gives a provider by its name, or a null pointer.
[[nodiscard]] STLS_EXPORT const provider* find_provider(std::string_view name) noexcept;

STLS_NAMESPACE_END
