// Certificates of hostile peers: parsing, describing, matching names. Where libcrypto reads the same bytes,
// the text of a name must be the same.

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kit/require.hpp"
#include "x509/certificate.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/server_name.hpp"

namespace {

using namespace stls::x509;
using stls::fuzz::require;

#if !defined(LIBRESSL_VERSION_NUMBER) && !defined(OPENSSL_IS_BORINGSSL)
// libcrypto has names for all kinds of objects, we for attribute types: `text` shows one of the others as a
// number.
bool shows_other_objects(const X509_NAME* name, const std::string& text) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const ASN1_OBJECT* const type = X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i));
    std::array<char, 80> number{};
    OBJ_obj2txt(number.data(), static_cast<int>(number.size()), type, 1);
    if (OBJ_obj2nid(type) != NID_undef && text.find(std::string(number.data()) + "=") != std::string::npos)
      return true;
  }
  return false;
}

void compare_with_libcrypto(der_view name) {
  const auto* der = reinterpret_cast<const unsigned char*>(name.data());
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> parsed(
      d2i_X509_NAME(nullptr, &der, static_cast<long>(name.size())), X509_NAME_free);
  if (parsed != nullptr && well_formed(name)) {
    const std::string ours = oneline(name);
    const std::unique_ptr<char, void (*)(char*)> theirs(X509_NAME_oneline(parsed.get(), nullptr, 0),
                                                        [](char* p) { OPENSSL_free(p); });
    require(ours == (theirs != nullptr ? theirs.get() : "") || shows_other_objects(parsed.get(), ours));
  }
  ERR_clear_error();
}
#else
void compare_with_libcrypto(der_view) {}  // which escape differently
#endif

void look_at_name(der_view name) {
  const std::string text = oneline(name);
  const std::string cn = common_name(name);
  require(well_formed(name) || (text.empty() && cn.empty()));
  require(cn.find('\0') == std::string::npos);
  compare_with_libcrypto(name);
}

void look_at_names(const alt_names& of) {
  for (const std::string_view asked : {"example.org", "a.example.org", "192.0.2.1", "2001:db8::1"}) {
    (void)names(of, *parse_server_name(asked));
  }
  for (const std::string& dns : of.dns) {
    const auto name = parse_server_name(dns);
    // What is a name to us, its own certificate is good for.
    require(!name || name->is_ip() || dns.ends_with('.') || names(of, *name));
    (void)choose(std::vector<alt_names>{alt_names(), of}, dns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const der_view input = std::as_bytes(std::span(data, size));
  look_at_name(input);
  if (const auto san = parse_alt_names(input)) look_at_names(*san);
  (void)parse_server_name({reinterpret_cast<const char*>(data), size});
  const auto parsed = parse_certificate(input);
  if (!parsed) return 0;
  look_at_name(parsed->issuer);
  look_at_name(parsed->subject);
  look_at_names(parsed->names);
  (void)describe(*parsed);
  for (const extension& e : parsed->extensions) require(parsed->find(e.oid) == &e);
  return 0;
}
