// stls_config: the configurations of the peers that are stls itself.
#pragma once

#include "support/peer.hpp"

#include <stls/stls.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace bench {

template <class T>
T checked(stls::result<T> r) {
  if (!r) throw failure(r.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*r);
}

inline stls::config presenting(stls::options both_ends, const material& files) {
  both_ends.cert = stls::pem::file(files.cert);
  both_ends.key = stls::pem::file(files.key);
  return checked(stls::config::make(both_ends));
}

inline stls::config trusting(stls::options both_ends, const std::string& ca,
                             std::optional<std::size_t> sessions) {
  both_ends.ca = stls::pem::file(ca);
  both_ends.sessions = sessions;
  return checked(stls::config::make(both_ends));
}

inline std::string stls_version(stls::options both_ends) {
  both_ends.insecure_noverifycert = true;
  const std::string text = checked(stls::config::make(both_ends)).describe();
  return "stls " STLS_VERSION_STRING ", " + text.substr(0, text.find('\n'));
}

// A connection that shall verify and has succeeded is verified; that it does is proven at the start.
inline agreed agreed_by(const stls::conn_info& info) {
  return {.verified = info.resumed || info.peer_certificate_given,
          .version = info.version,
          .cipher = info.cipher,
          .group = info.group,
          .resumed = info.resumed};
}

}  // namespace bench
