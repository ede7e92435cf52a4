// Resumption: the sessions of a tls_config.
#include "base/secret.hpp"
#include "capi/config.hpp"

#include <stls/keyring.hpp>
#include <stls/options.hpp>

#include <chrono>
#include <string>

using stls::errc;
using stls::options;
using stls::capi::entry;

int tls_config_set_session_fd(tls_config* config, int session_fd) {
  return entry(config, [&] { return config->set_session_fd(session_fd); });
}

int tls_config_set_session_id(tls_config* config, const unsigned char* session_id, size_t len) {
  return entry(config, [&] {
    if (session_id == nullptr && len != 0)
      return config->error.say({errc::invalid_argument, "session_id: a null pointer"});
    // libtls fills it up with zeros. All zeros is an id too, and not the default.
    std::string id(reinterpret_cast<const char*>(session_id), session_id == nullptr ? 0 : len);
    if (id.size() < TLS_MAX_SESSION_ID_LENGTH) id.resize(TLS_MAX_SESSION_ID_LENGTH);
    return config->change_checked([&](options& opt) { opt.session_id = id; });
  });
}

int tls_config_set_session_lifetime(tls_config* config, int lifetime) {
  return entry(config, [&] {
    return config->change_checked(
        [&](options& opt) { opt.session_lifetime = std::chrono::seconds(lifetime); });
  });
}

// NOLINTNEXTLINE(readability-non-const-parameter): libtls's declaration
int tls_config_add_ticket_key(tls_config* config, uint32_t keyrev, unsigned char* key, size_t keylen) {
  return entry(config, [&] {
    if (key == nullptr) return config->error.say({errc::invalid_argument, "ticket_keys: a null pointer"});
    stls::ticket_key given{.keyrev = keyrev, .key = std::string(reinterpret_cast<const char*>(key), keylen)};
    auto added = config->add_ticket_key(given);
    stls::wipe(given.key);
    if (added) return 0;
    added.error().message.insert(0, "ticket_keys: ");
    return config->error.say(std::move(added.error()));
  });
}
