#include "config/anchors.hpp"

#include "base/environment.hpp"
#include "base/fail.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "x509/certificate.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

STLS_NAMESPACE_BEGIN

namespace {

// Debian and Alpine, Fedora, openSUSE, FreeBSD and others, OpenBSD and macOS.
constexpr std::array<const char*, 6> system_files = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older of these
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // OpenBSD, macOS, Alpine
    "/usr/local/etc/ssl/cert.pem",                        // FreeBSD
};

intern_table<anchor_bundle>& table() {
  static auto& all = *new intern_table<anchor_bundle>;  // never destroyed: configs may outlive main's statics
  return all;
}

intern_table<std::string>& text_table() {
  static auto& all = *new intern_table<std::string>(interned::is_kept_while_latest);  // the same
  return all;
}

result<anchor_bundle> parse_bundle(std::string_view text) {
  auto blocks = pem_blocks(text);
  if (!blocks) return fail(std::move(blocks.error()));
  anchor_bundle bundle;
  std::set<bytes> seen;
  for (pem_block& block : *blocks) {
    if (block.label == "TRUSTED CERTIFICATE") {
      return fail(errc::bad_pem,
                  "holds a TRUSTED CERTIFICATE, OpenSSL's own form; convert it with `openssl x509`");
    }
    if (block.label != "CERTIFICATE" && block.label != "X509 CERTIFICATE") continue;
    if (auto parsed = x509::parse_certificate(block.der); !parsed) {
      parsed.error().message =
          cat({"certificate ", std::to_string(seen.size() + 1), ": ", parsed.error().message});
      return fail(std::move(parsed.error()));
    }
    if (seen.insert(block.der).second) bundle.certificates.push_back(std::move(block.der));
  }
  if (bundle.certificates.empty()) {
    return fail(errc::bad_pem, cat({"holds no CERTIFICATE, but ", in_quotes(blocks->front().label)}));
  }
  return bundle;
}

result<std::shared_ptr<const anchor_bundle>> intern(std::string_view text) {
  return table().find_or_make(text, [&] { return parse_bundle(text); });
}

// The names that `openssl rehash` gives: eight hexadecimal digits, a dot, a number.
bool is_hash_name(std::string_view name) noexcept {
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  constexpr std::string_view digits = "0123456789";
  return name.size() > 9 && name.find_first_not_of(hex) == 8 && name[8] == '.' &&
         name.find_first_not_of(digits, 9) == std::string_view::npos;
}

result<std::string> read_directory(const std::string& directory) {
  auto names = list_directory(directory);
  if (!names) return fail(std::move(names.error()));
  std::string all;
  for (const std::string& name : *names) {
    if (!is_hash_name(name)) continue;
    auto text = read_file(cat({directory, "/", name}));
    if (!text) return fail(std::move(text.error()));
    all += *text;
    all += '\n';
    if (all.size() > document_limit) {
      return fail(errc::too_large, cat({in_quotes(directory), " holds more than ",
                                        std::to_string(document_limit), " bytes of certificates"}));
    }
  }
  if (all.empty()) {
    return fail(errc::bad_config,
                cat({in_quotes(directory),
                     " holds no certificate in a file named by its hash; run `openssl rehash` on it"}));
  }
  return all;
}

// What the environment names, or null. A privileged process must not take its roots from whoever started it.
const char* named_by(const char* variable) noexcept {
  const char* value = trusted_variable(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

result<secret> read_system() {
  const char* const file = named_by("SSL_CERT_FILE");
  if (const char* directory = named_by("SSL_CERT_DIR"); file == nullptr && directory != nullptr) {
    return read_directory(directory).map([](const std::string& text) { return secret(text); });
  }
  if (file != nullptr || ::access(system_file(), R_OK) == 0) return read_document(pem::file(system_file()));
  return fail(errc::bad_config, cat({"no system trust store found: neither ", system_files[0],
                                     " nor those of other systems; install ca-certificates, or set ca"}));
}

}  // namespace

const char* system_file() noexcept {
  if (const char* file = named_by("SSL_CERT_FILE"); file != nullptr) return file;
  for (const char* file : system_files) {
    if (::access(file, R_OK) == 0) return file;
  }
  return system_files[0];
}

result<std::shared_ptr<const anchor_bundle>> bundle_of(const pem& ca) {
  auto text = read_document(ca);
  if (!text) return fail(std::move(text.error()));
  return intern(text->view());
}

result<std::shared_ptr<const anchor_bundle>> bundle_in(const std::string& directory) {
  auto text = read_directory(directory);
  if (!text) return fail(std::move(text.error()));
  return intern(*text);
}

result<bundle_text> system_bundle() {
  auto text = read_system();
  if (!text) return fail(std::move(text.error()));
  return text_table().find_or_make(text->view(), [&] { return result<std::string>(text->view()); });
}

result<std::shared_ptr<const anchor_bundle>> decoded(const bundle_text& text) { return intern(*text); }

intern_count bundle_count() { return table().count(); }

STLS_NAMESPACE_END
