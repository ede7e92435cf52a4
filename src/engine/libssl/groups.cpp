#include "engine/libssl/groups.hpp"

#include "base/text.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <map>

STLS_NAMESPACE_BEGIN

namespace {

// Since OpenSSL 3.5 a list may say for which groups a key share is sent at once.
bool key_shares_can_be_named() noexcept { return OpenSSL_version_num() >= 0x30500000UL; }

}  // namespace

std::string openssl_groups(const group_list& groups) {
  // A client sends a key share for the first group only, and a server that lacks it must ask for another:
  // with a hybrid group first that would cost a round trip on most servers of today. So X25519's share goes
  // with it.
  const bool two_shares = key_shares_can_be_named() && groups.names.size() > 1 &&
                          groups.names[0] == "X25519MLKEM768" && groups.names[1] == "X25519";
  std::string list;
  for (std::size_t i = 0; i < groups.names.size(); ++i) {
    list += cat({list.empty() ? "" : ":", two_shares && i < 2 ? "*" : "", groups.names[i]});
  }
  return list;
}

bool knows_group(std::string_view canonical) noexcept {
  static const auto known = [] {
    std::map<std::string, bool, std::less<>> all;
    const ssl_ctx_ptr scratch(SSL_CTX_new(TLS_method()));
    for (const char* name : {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X25519", "X448",
                             "P-256", "P-384", "P-521"}) {
      all[name] = scratch && SSL_CTX_set1_groups_list(scratch.get(), name) == 1;
    }
    ERR_clear_error();
    return all;
  }();
  const auto found = known.find(canonical);
  return found != known.end() && found->second;
}

std::string group_name(SSL* ssl) {
  const int id = static_cast<int>(SSL_get_negotiated_group(ssl));
  if (id == 0) return {};
  const char* name = SSL_group_to_name(ssl, id);
  if (name == nullptr && (id & TLSEXT_nid_unknown) == 0) name = OBJ_nid2sn(id);
  if (name == nullptr) return cat({"group ", std::to_string(id & 0xffff)});
  const std::string_view canonical = canonical_group(name);
  return std::string(canonical.empty() ? std::string_view(name) : canonical);
}

std::string finite_field_name(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "DH") != 1) return {};
  std::array<char, 32> name{};
  std::size_t size = 0;
  // Only those of RFC 7919 and RFC 3526 have one, e.g. ffdhe2048.
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1) return {name.data(), size};
  ERR_clear_error();
  return cat({"dh ", std::to_string(EVP_PKEY_get_bits(key)), " bits"});
}

STLS_NAMESPACE_END
