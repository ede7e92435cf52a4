// Hashes as libtls writes them.
#pragma once

#include <stls/engine.hpp>
#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

STLS_NAMESPACE_BEGIN

// written_hash is "SHA256:" and 64 hexadecimal digits.
[[nodiscard]] std::string written_hash(const std::array<std::byte, 32>& sum);

// certificate_hash is that of tls_peer_cert_hash(3), and of connection::info().
[[nodiscard]] std::string certificate_hash(std::span<const std::byte> der, const provider&);

STLS_NAMESPACE_END
