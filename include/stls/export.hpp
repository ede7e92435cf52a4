// Version, visibility and the ABI namespace of stls.
#pragma once

#define STLS_VERSION_MAJOR 0
#define STLS_VERSION_MINOR 1
#define STLS_VERSION_PATCH 0
#define STLS_VERSION_STRING "0.1.0"

// STLS_EXPORT marks what libstls.so exports; everything else is hidden.
#if defined(_WIN32)
#define STLS_EXPORT
#else
#define STLS_EXPORT __attribute__((visibility("default")))
#endif

// Everything public lives in an inline namespace that carries the ABI version, so that two incompatible
// versions in one process do not answer to each other's symbols.
#define STLS_NAMESPACE_BEGIN \
  namespace stls {           \
  inline namespace abi0 {
#define STLS_NAMESPACE_END \
  }                        \
  }
