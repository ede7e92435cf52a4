#include "engine/libssl/trust_store.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/errors.hpp"

#include <openssl/x509v3.h>

#include <string>

STLS_NAMESPACE_BEGIN

namespace {

intern_table<trust_store>& table() {
  // Never destroyed: configs may outlive main's statics.
  static auto& all = *new intern_table<trust_store>(interned::is_kept_while_latest);
  return all;
}

result<trust_store> make(const anchor_bundles& bundles) {
  trust_store made{.store = x509_store_ptr(X509_STORE_new()), .made_of = bundles};
  if (!made.store) return fail(library_error("X509_STORE_new"));
  for (const auto& bundle : bundles) {
    for (const bytes& der : bundle->certificates) {
      const auto* data = reinterpret_cast<const unsigned char*>(der.data());
      const x509_ptr certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
      if (!certificate) {
        return fail(errc::bad_pem,
                    cat({"ca: a certificate that libssl cannot read: ", take_queue().reason()}));
      }
      // Fills what libcrypto caches in a certificate, which would else be done by whoever verifies first, in
      // any thread.
      X509_check_purpose(certificate.get(), -1, 0);
      forget_errors();  // an odd extension is found again by the verification that meets it
      if (X509_STORE_add_cert(made.store.get(), certificate.get()) != 1)
        return fail(library_error("X509_STORE_add_cert"));
    }
  }
  return made;
}

}  // namespace

result<std::shared_ptr<const trust_store>> trust_store_of(const anchor_bundles& bundles) {
  // Bundles are interned, so their addresses say what is in them, as long as they live: made_of sees to that.
  std::string addresses;
  for (const auto& bundle : bundles) {
    const void* address = bundle.get();
    addresses.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  return table().find_or_make(addresses, [&] { return make(bundles); });
}

intern_count trust_store_count() { return table().count(); }

STLS_NAMESPACE_END
