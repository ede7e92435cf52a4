#include "capi/config.hpp"

#include "base/fail.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "capi/session_file.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

// libtls's defaults, where they are not stls's: sessions are off on both sides until they are asked for, and
// those of each config are its own.
tls_config::tls_config() {
  std::array<std::byte, TLS_MAX_SESSION_ID_LENGTH> id{};
  if (!stls::fill_random(id)) throw std::runtime_error("no random bytes");
  options_.session_id.assign(reinterpret_cast<const char*>(id.data()), id.size());
  options_.session_lifetime = std::chrono::seconds(0);
  options_.sessions = 0;
}

void tls_config::set_protocols(std::uint32_t mask) {
  change([&](stls::options&) { protocols_ = mask; });
}

int tls_config::set_session_fd(int descriptor) {
  if (descriptor != -1) {
    if (auto fine = stls::capi::check_session_file(descriptor); !fine) return error.say(fine.error());
  }
  change([&](stls::options&) { session_fd_ = descriptor; });
  return 0;
}

stls::result<void> tls_config::add_ticket_key(const stls::ticket_key& key) {
  if (tickets_) return tickets_.add(key);
  auto made = stls::keyring::make({key});
  if (!made) return stls::fail(std::move(made.error()));
  change([&](stls::options&) { tickets_ = std::move(*made); });
  return {};
}

void tls_config::need(std::string_view impossible) {
  change([&](stls::options&) { impossible_ = impossible; });
}

stls::result<stls::config> tls_config::freeze() {
  const std::lock_guard lock(mutex_);
  if (!frozen_) {
    auto made = make();
    if (!made) return made;
    frozen_ = std::move(*made);
  }
  return *frozen_;
}

stls::result<stls::config> tls_config::make() const {
  // The words for keys that are elsewhere mean something where somebody signs with these.
  if (!impossible_.empty() && !options_.sign) {
    return stls::fail(stls::errc::unsupported,
                      stls::cat({impossible_, ": not supported: the private key must be at hand"}));
  }
  stls::options opt = options_;
  // Who signs does it for all keypairs, as in libtls.
  if (opt.sign) {
    opt.key = {};
    for (stls::keypair& pair : opt.keypairs) pair.key = {};
  }
  const bool tls1_2 = (protocols_ & TLS_PROTOCOL_TLSv1_2) != 0;
  const bool tls1_3 = (protocols_ & TLS_PROTOCOL_TLSv1_3) != 0;
  const auto name = [&](std::uint32_t bit, std::string_view word) {
    if ((protocols_ & bit) != 0) opt.protocols += stls::cat({opt.protocols.empty() ? "" : ",", word});
  };
  if (tls1_2 || tls1_3) {
    // Old bits next to new ones come of a macro that once held all. Both of the new ones are the default:
    // what of them the engine has.
    if (!tls1_2 || !tls1_3) opt.protocols = tls1_2 ? "tlsv1.2" : "tlsv1.3";
  } else {
    name(TLS_PROTOCOL_TLSv1_0, "tlsv1.0");
    name(TLS_PROTOCOL_TLSv1_1, "tlsv1.1");
    if (opt.protocols.empty()) {
      return stls::fail(stls::errc::bad_config,
                        stls::cat({"protocols: the mask ", std::to_string(protocols_), " names no version"}));
    }
  }
  // Without roots of its own, libtls checks clients against the system's.
  if ((opt.verify_client || opt.verify_client_optional) && !opt.ca.given() && opt.ca_path.empty())
    opt.ca_system = true;
  if (tickets_) opt.ticket_keys = tickets_;
  if (session_fd_ != -1) {
    opt.on_session = [descriptor = session_fd_](std::string_view, std::span<const std::byte> session) {
      stls::capi::write_session_file(descriptor, session);
    };
  }
  return stls::config::make(opt);
}

STLS_NAMESPACE_BEGIN

namespace capi {

tls_config& default_config() {
  static auto& all = *new tls_config;  // never destroyed: contexts may outlive main's statics
  return all;
}

}  // namespace capi

STLS_NAMESPACE_END

int tls_init() {
  errno = 0;
  return 0;
}

tls_config* tls_config_new() {
  return stls::capi::query<tls_config*>(nullptr, [] { return std::make_unique<tls_config>().release(); });
}

void tls_config_free(tls_config* config) { delete config; }

const char* tls_config_error(tls_config* config) {
  return config == nullptr ? nullptr : config->error.text();
}

int stls_config_set_engine(tls_config* config, const char* engine) {
  return stls::capi::entry(config, [&] {
    return config->change_checked([&](stls::options& opt) { opt.engine = engine == nullptr ? "" : engine; });
  });
}
