// A config compiled for one role: an SSL_CTX.
#pragma once

#include "config/settings.hpp"
#include "engine/libssl/credentials.hpp"
#include "engine/libssl/openssl.hpp"
#include "engine/libssl/sessions.hpp"
#include "engine/libssl/trust_store.hpp"
#include "engine/session_store.hpp"
#include "x509/alt_names.hpp"

#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

inline constexpr std::string_view libssl_name = "libssl";

// libssl_context is one SSL_CTX for the life of a config. All connections of the config share it.
class libssl_context final : public context, public std::enable_shared_from_this<libssl_context> {
 public:
  [[nodiscard]] static result<std::shared_ptr<const context>> make(const config&, role);

  libssl_context(std::shared_ptr<const settings> set, std::shared_ptr<const libssl_credentials> keys, role r)
      : settings_(std::move(set)), credentials_(std::move(keys)), role_(r), sessions_(settings_->sessions) {}

  [[nodiscard]] std::string_view engine_name() const noexcept override { return libssl_name; }
  [[nodiscard]] result<std::unique_ptr<engine>> new_client(std::string_view servername, buffering,
                                                           std::span<const std::byte> session) const override;
  [[nodiscard]] result<std::unique_ptr<engine>> new_server(buffering) const override;

  [[nodiscard]] const settings& options() const noexcept override { return *settings_; }
  [[nodiscard]] const libssl_credentials& loaded() const noexcept { return *credentials_; }
  [[nodiscard]] role side() const noexcept { return role_; }
  // What connections of clients share: the sessions that came, and what these depend on.
  [[nodiscard]] session_store& sessions() const noexcept { return sessions_; }
  [[nodiscard]] session_owner owner_of(std::string_view servername) const noexcept {
    return {.engine = libssl_name, .identity = identity_, .servername = servername};
  }
  [[nodiscard]] SSL_CTX* get() const noexcept { return ssl_ctx_.get(); }

 private:
  result<void> configure();
  result<void> set_protocol();
  result<void> set_verification();
  result<void> set_keypairs();
  void set_stapling() noexcept;
  result<void> set_alpn();
  result<void> set_sessions();

  static int choose_keypair(SSL*, void* self) noexcept;
  static int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                             const unsigned char* offered, unsigned offered_size, void* self) noexcept;

  std::shared_ptr<const settings> settings_;
  std::shared_ptr<const libssl_credentials> credentials_;
  std::shared_ptr<const trust_store> roots_;
  ssl_ctx_ptr ssl_ctx_;
  role role_;
  std::string alpn_wire_;           // the list as RFC 7301 has it
  mutable session_store sessions_;  // locks itself
  settings_identity identity_{};
  std::vector<x509::alt_names> names_;  // of each keypair, in their order
};

STLS_NAMESPACE_END
