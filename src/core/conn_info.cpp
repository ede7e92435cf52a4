// The peer's chain as text.
#include <stls/conn_info.hpp>

#include "base/pem.hpp"

STLS_NAMESPACE_BEGIN

std::string conn_info::peer_chain_pem() const {
  std::string text;
  for (const std::vector<std::byte>& certificate : peer_chain) text += pem_encode("CERTIFICATE", certificate);
  return text;
}

STLS_NAMESPACE_END
