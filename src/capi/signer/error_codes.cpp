// tls_error_code and tls_config_error_code.
#include "capi/config.hpp"
#include "capi/context.hpp"

#include <stls/error.hpp>

#include <system_error>

using stls::errc;
using stls::capi::errno_cleared;

namespace {

// libtls tells these apart; what is not among them is unknown, as most there.
int code_of(std::error_code code) noexcept {
  if (code == errc::out_of_memory) return TLS_ERROR_OUT_OF_MEMORY;
  if (code == errc::invalid_state) return TLS_ERROR_INVALID_CONTEXT;
  if (code == errc::invalid_argument || code == errc::bad_config) return TLS_ERROR_INVALID_ARGUMENT;
  return TLS_ERROR_UNKNOWN;
}

}  // namespace

int tls_error_code(tls* ctx) {
  const errno_cleared at_end;
  return ctx == nullptr ? TLS_ERROR_UNKNOWN : code_of(ctx->error.code());
}

int tls_config_error_code(tls_config* config) {
  const errno_cleared at_end;
  return config == nullptr ? TLS_ERROR_UNKNOWN : code_of(config->error.code());
}
