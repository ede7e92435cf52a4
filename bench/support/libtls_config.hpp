// Configs of the C API of libtls, whosever it is, under the terms of TLS 1.3.
#pragma once

#include "support/peer.hpp"
#include "support/terms.hpp"

#include <tls.h>

#include <memory>
#include <string>

namespace bench {

struct deleter {
  void operator()(tls* p) const { tls_free(p); }
  void operator()(tls_config* p) const { tls_config_free(p); }
};
using tls_ptr = std::unique_ptr<tls, deleter>;
using config_ptr = std::unique_ptr<tls_config, deleter>;

inline void must(bool done, tls* of) {
  if (!done) throw failure(tls_error(of) == nullptr ? "libtls failed" : tls_error(of));
}

inline config_ptr new_config() {
  config_ptr config(tls_config_new());
  if (!config || tls_config_set_protocols(config.get(), TLS_PROTOCOL_TLSv1_3) != 0 ||
      tls_config_set_ecdhecurves(config.get(), tls_1_3.group) != 0) {
    throw failure("tls_config_new failed");
  }
  return config;
}

inline config_ptr trusting(const std::string& ca) {
  config_ptr config = new_config();
  if (tls_config_set_ca_file(config.get(), ca.c_str()) != 0) throw failure(tls_config_error(config.get()));
  return config;
}

}  // namespace bench
