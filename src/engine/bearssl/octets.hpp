// BearSSL's memory in the eyes of stls: it has unsigned char where stls has std::byte.
#pragma once

#include <stls/export.hpp>

#include <cstddef>
#include <span>

STLS_NAMESPACE_BEGIN

inline std::span<std::byte> octets(unsigned char* data, std::size_t size) noexcept {
  return std::as_writable_bytes(std::span(data, size));
}
inline std::span<const std::byte> octets(const unsigned char* data, std::size_t size) noexcept {
  return std::as_bytes(std::span(data, size));
}

STLS_NAMESPACE_END
