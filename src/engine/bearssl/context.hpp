// A config compiled for one role: the part of a connection of BearSSL that is the same for all.
#pragma once

#include "config/settings.hpp"
#include "engine/bearssl/credentials.hpp"
#include "engine/bearssl/session_cache.hpp"
#include "engine/bearssl/trust.hpp"
#include "engine/session_envelope.hpp"
#include "engine/session_store.hpp"

#include <bearssl.h>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

inline constexpr std::string_view bearssl_name = "bearssl";

class bearssl_context final : public context, public std::enable_shared_from_this<bearssl_context> {
 public:
  [[nodiscard]] static result<std::shared_ptr<const context>> make(const config&, role);

  bearssl_context(std::shared_ptr<const settings> set, std::shared_ptr<const bearssl_credentials> keys,
                  role r)
      : settings_(std::move(set)),
        credentials_(std::move(keys)),
        role_(r),
        curves_(curves_for(*settings_)),
        sessions_(settings_->sessions),
        cache_(settings_->session_lifetime) {}

  [[nodiscard]] std::string_view engine_name() const noexcept override { return bearssl_name; }
  [[nodiscard]] const settings& options() const noexcept override { return *settings_; }
  [[nodiscard]] result<std::unique_ptr<engine>> new_client(std::string_view servername, buffering,
                                                           std::span<const std::byte> session) const override;
  [[nodiscard]] result<std::unique_ptr<engine>> new_server(buffering) const override;

  // set_in makes a connection, which is all zeros yet, one of this config; the rest is up to it: keys, who
  // judges certificates, sessions, buffers.
  void set_in(br_ssl_client_context&) const noexcept;
  void set_in(br_ssl_server_context&) const noexcept;

  [[nodiscard]] role side() const noexcept { return role_; }
  [[nodiscard]] bool verifies_peer() const noexcept;
  [[nodiscard]] const x509::anchor_index& roots() const noexcept { return roots_->index; }
  // The keypair that is shown to a peer that asks for this name; null: there is none at all.
  [[nodiscard]] const bearssl_keypair* keypair_for(std::string_view servername) const noexcept;
  [[nodiscard]] session_store& sessions() const noexcept { return sessions_; }
  [[nodiscard]] session_cache& cache() const noexcept { return cache_; }
  [[nodiscard]] session_owner owner_of(std::string_view servername) const noexcept {
    return {.engine = bearssl_name, .identity = identity_, .servername = servername};
  }

 private:
  static br_ec_impl curves_for(const settings&) noexcept;
  result<void> configure();
  void set_common(br_ssl_engine_context&) const noexcept;
  void name_roots();
  result<void> list_protocols();

  std::shared_ptr<const settings> settings_;
  std::shared_ptr<const bearssl_credentials> credentials_;
  std::shared_ptr<const trusted_roots> roots_;
  role role_;
  br_ec_impl curves_;
  std::vector<std::uint16_t> suites_;
  bool needs_sha1_ = false;
  struct free_memory {
    void operator()(const char** list) const noexcept { std::free(list); }
  };
  std::unique_ptr<const char*, free_memory> protocols_;  // of settings::alpn
  // What all connections begin with. Choosing the code for this processor asks it what it is, which takes
  // longer in a virtual machine than the rest of a resumed handshake.
  br_ssl_engine_context pattern_{};
  std::vector<br_x500_name> root_names_;  // that a server tells its clients
  std::vector<x509::alt_names> names_;    // of each keypair, in their order
  settings_identity identity_{};
  mutable session_store sessions_;  // locks itself
  mutable session_cache cache_;     // the same
};

STLS_NAMESPACE_END
