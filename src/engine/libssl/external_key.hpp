// Private keys that others sign with: the end of options::sign that lacks them.
#pragma once

#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sign_request.hpp>

#include <memory>
#include <string>

STLS_NAMESPACE_BEGIN

// external_key makes a key that has the public half of the certificate's, and signs by calling the function
// with that hash. RSA and EC keys. Errors: bad_config, without the option's name.
[[nodiscard]] result<evp_pkey_ptr> external_key(const X509* certificate, std::string key_hash, sign_function);

// signing_scope stands around a call of libssl that may sign: why that failed is put there. Keys know no
// connection, and libssl keeps of a reason nothing but a number.
class signing_scope {
 public:
  explicit signing_scope(std::unique_ptr<error>& why) noexcept;
  signing_scope(const signing_scope&) = delete;
  signing_scope& operator=(const signing_scope&) = delete;
  ~signing_scope();

 private:
  std::unique_ptr<error>* outer_;  // a function that signs may have connections of its own
};

STLS_NAMESPACE_END
