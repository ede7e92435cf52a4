// libretls: what is LibreTLS's own, beside the API.
#pragma once

#include "support/peer.hpp"
#include "support/terms.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <tls.h>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace bench {

// libretls_of_one_cipher: libtls has no word for TLS 1.3's ciphers, and OpenSSL's own order begins with
// AES-256. So the server's context, made while the return value lives, gets its list from a configuration
// file; the clients offer all, and are not slowed down by a file.
class libretls_of_one_cipher {
 public:
  explicit libretls_of_one_cipher(tls_config* /*server*/) {
    std::string name = "/tmp/stls-bench-XXXXXX";
    const int fd = mkstemp(name.data());
    if (fd < 0) throw failure("mkstemp failed");
    const std::string text =
        std::string("openssl_conf = top\n[top]\nssl_conf = ssl\n[ssl]\nsystem_default = suites\n") +
        "[suites]\nCiphersuites = " + tls_1_3.cipher + "\n";
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    OPENSSL_load_builtin_modules();
    const bool loaded = written && CONF_modules_load_file(name.c_str(), "openssl_conf", 0) == 1;
    ::unlink(name.c_str());
    if (!loaded) throw failure("the ciphers could not be set");
  }
  ~libretls_of_one_cipher() { CONF_modules_unload(1); }
  static std::string version() {
    return "LibreTLS, libtls API " + std::to_string(TLS_API) + ", " + OpenSSL_version(OPENSSL_VERSION);
  }
  libretls_of_one_cipher(const libretls_of_one_cipher&) = delete;
  libretls_of_one_cipher& operator=(const libretls_of_one_cipher&) = delete;
};

}  // namespace bench
