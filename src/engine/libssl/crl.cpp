#include "engine/libssl/crl.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/asn1_time.hpp"
#include "engine/libssl/errors.hpp"

#include <openssl/err.h>

#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace {

intern_table<crl_list>& table() {
  static auto& all = *new intern_table<crl_list>;  // never destroyed: configs may outlive main's statics
  return all;
}

result<crl_list> make(const std::shared_ptr<const crl_bundle>& bundle) {
  ERR_clear_error();
  crl_list made{.lists = x509_crl_stack_ptr(sk_X509_CRL_new_null()), .made_of = bundle};
  if (!made.lists) return fail(library_error("sk_X509_CRL_new_null"));
  for (std::size_t i = 0; i < bundle->lists.size(); ++i) {
    const bytes& der = bundle->lists[i];
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = data + der.size();
    x509_crl_ptr list(d2i_X509_CRL(nullptr, &data, static_cast<long>(der.size())));
    if (!list || data != end) {
      ERR_clear_error();
      return fail(errc::bad_pem,
                  cat({"crl: list ", std::to_string(i + 1), ": not a CRL that libssl can read"}));
    }
    if (sk_X509_CRL_push(made.lists.get(), list.get()) == 0) return fail(library_error("sk_X509_CRL_push"));
    static_cast<void>(list.release());  // the stack owns it now
  }
  return made;
}

}  // namespace

result<std::shared_ptr<const crl_list>> crl_list_of(const std::shared_ptr<const crl_bundle>& bundle) {
  // Bundles are interned, so the address says what is in one, as long as it lives: made_of sees to that.
  const void* address = bundle.get();
  const std::string_view name(reinterpret_cast<const char*>(&address), sizeof address);
  return table().find_or_make(name, [&] { return make(bundle); });
}

void warn_of_dates(const crl_list& crls, warning_sink& warnings) {
  const auto time = now_in_seconds();
  for (int i = 0; i < sk_X509_CRL_num(crls.lists.get()); ++i) {
    const X509_CRL* list = sk_X509_CRL_value(crls.lists.get(), i);
    const auto from = seconds_of(X509_CRL_get0_lastUpdate(list));
    const auto until = seconds_of(X509_CRL_get0_nextUpdate(list));
    const std::string which = cat({"crl: list ", std::to_string(i + 1), ": "});
    using enum warning::severity;
    if (until && *until < time) warnings.warn(serious, "crl_expired", cat({which, "has expired"}));
    if (from && *from > time) warnings.warn(serious, "crl_not_yet_valid", cat({which, "is not yet valid"}));
  }
}

void verify_with(const crl_list& crls, X509_STORE_CTX* store) noexcept {
  // Both for this verification alone: the trust store belongs to other configs as well.
  X509_STORE_CTX_set0_crls(store, crls.lists.get());
  X509_STORE_CTX_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

bool is_about_lists(int code) noexcept {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return true;
    default:
      return false;
  }
}

STLS_NAMESPACE_END
