// proxy_header: what a proxy says of its client before anything else (the PROXY protocol of HAProxy, versions
// 1 and 2).
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/address.hpp>

#include <cstddef>
#include <optional>
#include <span>

STLS_NAMESPACE_BEGIN

struct proxy_header {
  // Longer ones are malformed: a line of version 1, and a header of version 2 with all that it carries.
  static constexpr std::size_t longest_line = 107;
  static constexpr std::size_t longest = 4096;

  // ends are those of the connection of which the proxy speaks.
  struct ends {
    address source;
    address destination;
  };

  std::size_t size = 0;        // in bytes; what follows is the connection's own
  std::optional<ends> of_tcp;  // none: the proxy speaks for itself, or of what is not TCP over IP
};

// read_proxy_header reads the header at the front of a connection of which so much has come. Nothing: more
// must come. Errors: errc::protocol, as soon as no byte that may follow can mend it; so the verdict is the
// same in whatever pieces the bytes come.
[[nodiscard]] result<std::optional<proxy_header>> read_proxy_header(std::span<const std::byte> come);

STLS_NAMESPACE_END
