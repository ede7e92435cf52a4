// config: options, parsed, checked, frozen and shared.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>
#include <stls/sign_request.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// config is a handle on an immutable snapshot of options. Copying shares it; it may be used from any thread,
// and lives as long as anything made from it. Whatever is expensive (parsing, the trust store, the engine's
// own context) is done once per config, and certificates, keys and trust stores of equal content are shared
// between configs.
class STLS_EXPORT config {
 public:
  config() noexcept;  // empty: everything made from it answers errc::invalid_state
  config(const config&) noexcept;
  config(config&&) noexcept;
  config& operator=(const config&) noexcept;
  config& operator=(config&&) noexcept;
  ~config();

  // make parses and checks all options, reads the files that they name, and freezes the result.
  //
  // The error names the option, what is wrong with its value and what would be right, e.g.
  // `protocols: unknown word 'tlsv1.4'; known are tlsv1.2, ...`. Codes: bad_config, bad_pem, key_mismatch,
  // unsupported (the engine cannot, or this version cannot yet), too_large, or a std::errc of a file.
  // What only a role can decide, e.g. a server without a keypair, is reported by client::make or
  // server::make.
  [[nodiscard]] static result<config> make(const options& opt);

  [[nodiscard]] explicit operator bool() const noexcept { return snapshot_ != nullptr; }

  // describe says what is really in effect, one option a line, `name: value`. It shows no secret.
  [[nodiscard]] std::string describe() const;

  // tickets is the keyring of the config's servers: the one of the option ticket_keys, or one that stls
  // rotates. It is empty where the engine has no tickets.
  [[nodiscard]] keyring tickets() const noexcept;

  // sign signs with the private key of that keypair of this config whose public key has the hash: the other
  // end of options::sign, for a process that has the keys. RSA and EC keys. Who may ask for signatures with
  // signature_padding::none of an RSA key can also decrypt with it.
  //
  // Errors: invalid_argument (`key not found`; or this key cannot sign that), invalid_state (an empty
  // config), unsupported (an engine without capabilities::external_keys).
  [[nodiscard]] result<std::vector<std::byte>> sign(const sign_request&) const;

  // snapshot is the frozen form, known to the engines only.
  struct snapshot;
  [[nodiscard]] const std::shared_ptr<const snapshot>& frozen() const noexcept { return snapshot_; }

 private:
  explicit config(std::shared_ptr<const snapshot> frozen) noexcept;
  std::shared_ptr<const snapshot> snapshot_;
};

STLS_NAMESPACE_END
