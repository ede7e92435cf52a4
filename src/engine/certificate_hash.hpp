// The hash of a certificate as connection::info() shows it.
#pragma once

#include <stls/engine.hpp>
#include <stls/export.hpp>

#include <span>
#include <string>

STLS_NAMESPACE_BEGIN

// certificate_hash is that of tls_peer_cert_hash(3): "SHA256:" and 64 hexadecimal digits.
[[nodiscard]] std::string certificate_hash(std::span<const std::byte> der, const provider&);

STLS_NAMESPACE_END
