// Trusted roots: the options ca, ca_path and ca_system.
#pragma once

#include "base/intern.hpp"
#include "base/pem.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>

#include <memory>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// anchor_bundle is the certificates of one source, as DER; each is one that stls can read. Bundles of equal
// content are one object in the process, so that a bundle of 150 roots is parsed once, however many configs
// name it.
struct anchor_bundle {
  std::vector<bytes> certificates;
};
using anchor_bundles = std::vector<std::shared_ptr<const anchor_bundle>>;

// bundle_of reads the option ca.
[[nodiscard]] result<std::shared_ptr<const anchor_bundle>> bundle_of(const pem& ca);

// bundle_in reads the option ca_path: all files of the directory that are named by hash (`openssl rehash`),
// now, since nothing is read inside a handshake.
[[nodiscard]] result<std::shared_ptr<const anchor_bundle>> bundle_in(const std::string& directory);

// bundle_text is a bundle that was read and not yet decoded. Equal texts are one object in the process.
using bundle_text = std::shared_ptr<const std::string>;

// system_bundle reads the system's roots: $SSL_CERT_FILE or $SSL_CERT_DIR where one is set, else the first
// that exists of the places that distributions use.
[[nodiscard]] result<bundle_text> system_bundle();

// system_file names the file that system_bundle reads; where there is none, the one that is looked for first.
[[nodiscard]] const char* system_file() noexcept;

// decoded gives the bundle of a text.
[[nodiscard]] result<std::shared_ptr<const anchor_bundle>> decoded(const bundle_text&);

// bundle_count is for tests.
[[nodiscard]] intern_count bundle_count();

STLS_NAMESPACE_END
