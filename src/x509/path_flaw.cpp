// What can be wrong with a path, and what is said about it.
#include "x509/path_flaw.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

// RFC 8446 section 6.2.
constexpr int bad_certificate = 42;
constexpr int unsupported_certificate = 43;
constexpr int certificate_expired = 45;
constexpr int certificate_unknown = 46;
constexpr int unknown_ca = 48;
constexpr int decrypt_error = 51;

struct saying {
  path_flaw flaw;
  std::string_view words;
  int alert;
  errc code = errc::certificate_untrusted;
};
constexpr std::array sayings = {
    saying{path_flaw::unreadable, "unspecified certificate verification error", certificate_unknown},
    saying{path_flaw::self_signed_leaf, "self-signed certificate", unknown_ca},
    saying{path_flaw::self_signed_root, "self-signed certificate in certificate chain", unknown_ca},
    saying{path_flaw::no_issuer, "unable to get local issuer certificate", unknown_ca},
    saying{path_flaw::no_root, "unable to get issuer certificate", unknown_ca},
    saying{path_flaw::too_long, "certificate chain too long", unknown_ca},
    saying{path_flaw::too_many_paths, "too many possible certificate chains", certificate_unknown},
    saying{path_flaw::unknown_critical, "unhandled critical extension", certificate_unknown},
    saying{path_flaw::proxy, "proxy certificates not allowed, please set the appropriate flag",
           certificate_unknown},
    saying{path_flaw::not_a_ca, "invalid CA certificate", unknown_ca},
    saying{path_flaw::unnamed_curve, "Certificate public key has explicit ECC parameters",
           certificate_unknown},
    saying{path_flaw::wrong_purpose, "unsuitable certificate purpose", unsupported_certificate},
    saying{path_flaw::path_length, "path length constraint exceeded", unknown_ca},
    saying{path_flaw::weak_leaf_key, "EE certificate key too weak", bad_certificate},
    saying{path_flaw::weak_ca_key, "CA certificate key too weak", bad_certificate},
    saying{path_flaw::weak_digest, "CA signature digest algorithm too weak", bad_certificate},
    saying{path_flaw::wrong_signature, "certificate signature failure", decrypt_error},
    saying{path_flaw::not_yet_valid, "certificate is not yet valid", bad_certificate,
           errc::certificate_not_yet_valid},
    saying{path_flaw::expired, "certificate has expired", certificate_expired, errc::certificate_expired},
    saying{path_flaw::not_permitted, "permitted subtree violation", certificate_unknown},
    saying{path_flaw::excluded, "excluded subtree violation", certificate_unknown},
    saying{path_flaw::constraint_not_whole, "name constraints minimum and maximum not supported",
           certificate_unknown},
    saying{path_flaw::constraint_kind, "unsupported name constraint type", certificate_unknown},
    saying{path_flaw::constraint_syntax, "unsupported or invalid name syntax", certificate_unknown},
    saying{path_flaw::too_many_names, "unspecified certificate verification error", certificate_unknown},
};
static_assert(std::is_sorted(sayings.begin(), sayings.end(),
                             [](const saying& a, const saying& b) { return a.flaw < b.flaw; }) &&
              sayings.size() == static_cast<std::size_t>(path_flaw::too_many_names) + 1);

}  // namespace

error refusal(path_flaw flaw) {
  const saying& about = sayings[static_cast<std::size_t>(flaw)];  // one each, in their order
  error e(about.code, cat({"certificate verification failed: ", about.words}));
  e.alert = about.alert;
  return e;
}

}  // namespace x509

STLS_NAMESPACE_END
