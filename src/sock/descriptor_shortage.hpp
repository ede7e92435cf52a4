// descriptor_shortage: what a failure of accept(2) means for a listener.
#pragma once

#include <stls/export.hpp>

#include <cerrno>
#include <chrono>

STLS_NAMESPACE_BEGIN

enum class accept_failure : unsigned char { none_there, of_one_peer, shortage, final };

// How long to wait when there are no descriptors or no memory: nobody tells when there are some again, and
// asking at once would spin.
inline constexpr std::chrono::milliseconds shortage_pause{100};

[[nodiscard]] constexpr accept_failure judge_accept(int number) noexcept {
  switch (number) {
    case EAGAIN:
      return accept_failure::none_there;
    case EINTR:
    case ECONNABORTED:
    // Of a connection that is broken already; Linux hands these over here (accept(2)).
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
    case EOPNOTSUPP:
    case EPERM:  // a firewall's rule
    case ETIMEDOUT:
      return accept_failure::of_one_peer;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return accept_failure::shortage;
    default:
      return accept_failure::final;
  }
}

STLS_NAMESPACE_END
