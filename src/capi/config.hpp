// struct tls_config: options that are collected, until a context is configured with them.
#pragma once

#include "capi/entry.hpp"
#include "capi/exported.hpp"

#include <stls/config.hpp>
#include <stls/error.hpp>
#include <stls/keyring.hpp>
#include <stls/options.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

// Its setters are called by one thread at a time, tls_configure by any.
struct tls_config {
 public:
  tls_config();
  tls_config(const tls_config&) = delete;
  tls_config& operator=(const tls_config&) = delete;

  // change lets a setter work on the options. What was frozen before stays as it was.
  template <class Set>
  void change(Set&& set) {
    const std::lock_guard lock(mutex_);
    frozen_.reset();
    std::forward<Set>(set)(options_);
  }

  // change_checked tries the option by itself first, so that a bad value is refused by its setter.
  template <class Set>
  int change_checked(Set&& set) {
    stls::options alone;
    alone.engine = options_.engine;
    alone.insecure_noverifycert = true;  // no roots need to be read for the trial
    set(alone);
    if (const auto tried = stls::config::make(alone); !tried) return error.say(tried.error());
    change(std::forward<Set>(set));
    return 0;
  }

  void set_protocols(std::uint32_t mask);
  int set_session_fd(int descriptor);
  [[nodiscard]] int session_fd() const noexcept { return session_fd_; }
  // Ticket keys reach contexts that are configured already, too: that is how servers rotate them.
  stls::result<void> add_ticket_key(const stls::ticket_key&);
  // need remembers an option that no engine has; freeze refuses it, unless somebody signs with the keys.
  void need(std::string_view impossible);

  // freeze gives the options as a config. The same one is given until they change.
  [[nodiscard]] stls::result<stls::config> freeze();

  stls::capi::complaint error;

 private:
  stls::result<stls::config> make() const;

  std::mutex mutex_;
  stls::options options_;
  std::uint32_t protocols_ = TLS_PROTOCOLS_DEFAULT;
  int session_fd_ = -1;
  stls::keyring tickets_;        // empty: stls makes the keys
  std::string_view impossible_;  // an option; empty: none
  std::optional<stls::config> frozen_;
};

STLS_NAMESPACE_BEGIN

namespace capi {

// change is a setter that cannot fail.
template <class Set>
int change(tls_config* config, Set set) noexcept {
  return entry(config, [&] {
    config->change(set);
    return 0;
  });
}

// default_config is that of contexts that were configured with none.
[[nodiscard]] tls_config& default_config();

}  // namespace capi

STLS_NAMESPACE_END
