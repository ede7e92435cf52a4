// PEM texts, and the files that hold them.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <string>

#include "spec.hpp"

namespace pki {

std::string pem(X509* cert);
std::string pem(X509_CRL* crl);
std::string pem(EVP_PKEY* key, key_format format);

// CRLF line ends, and text before and after, as mail programs and Windows leave them.
std::string dressed(const std::string& pem_text);

enum class readers { all, owner };

// A new file in place of whatever had that name before; throws `failure`.
void write_file(const std::filesystem::path& path, const std::string& text, readers who);

// Makes the directory and what lies above it; throws `failure`.
void make_dir(const std::filesystem::path& path);

// Beside `file`, the link HASH.0 by which libcrypto finds `cert` in its directory; .1 and so on where the
// hash is taken by another file. Throws `failure`.
void link_by_hash(const std::filesystem::path& file, X509* cert);

}  // namespace pki
