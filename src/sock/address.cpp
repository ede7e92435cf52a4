#include <stls/sock/address.hpp>

#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

std::string address::text() const {
  if (host.starts_with("unix:")) return host;
  const bool has_colons = host.find(':') != std::string::npos;
  return has_colons ? cat({"[", host, "]:", std::to_string(port)}) : cat({host, ":", std::to_string(port)});
}

STLS_NAMESPACE_END
