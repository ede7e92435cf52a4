// Certificate revocation lists in OpenSSL's form.
#pragma once

#include "config/crls.hpp"
#include "config/warnings.hpp"
#include "engine/libssl/openssl.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <memory>

STLS_NAMESPACE_BEGIN

// crl_list is shared by all configs whose lists are the same bundle, and not changed once it is made.
struct crl_list {
  x509_crl_stack_ptr lists;
  std::shared_ptr<const crl_bundle> made_of;  // keeps it alive, since it is what the list is found by
};

// crl_list_of parses a bundle. Errors name the option: `crl: list 2: ...`.
[[nodiscard]] result<std::shared_ptr<const crl_list>> crl_list_of(const std::shared_ptr<const crl_bundle>&);

// warn_of_dates tells of lists that are not current, since they make every peer revocation_unknown.
void warn_of_dates(const crl_list&, warning_sink&);

// verify_with makes a verification ask the lists about each certificate of the chain, the intermediates too.
// Each issuer must have a list.
void verify_with(const crl_list&, X509_STORE_CTX*) noexcept;

// is_about_lists tells whether a verification failed because of a list itself, and not because a certificate
// is on it: the list is missing, too old, forged, ...
[[nodiscard]] bool is_about_lists(int code) noexcept;

STLS_NAMESPACE_END
