// OpenSSL's certificates as DER.
#pragma once

#include "base/pem.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/export.hpp>

#include <new>

STLS_NAMESPACE_BEGIN

// certificate_der gives a certificate as it was received. Failure is bad_alloc: it has no other reason.
[[nodiscard]] inline bytes certificate_der(const X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) throw std::bad_alloc();
  bytes der(static_cast<std::size_t>(size));
  auto* into = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &into);
  return der;
}

STLS_NAMESPACE_END
