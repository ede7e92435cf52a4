// keyring: the keys that a server seals session tickets with.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

// ticket_key is one key. Servers that share it resume each other's sessions; the format is that of
// tls_config_add_ticket_key(3), so LibreTLS and LibreSSL servers can be among them. A session of TLS 1.3 is
// good only with ciphers of the same hash: servers whose options::ciphers begin with different ones, as
// stls's default and LibreTLS's do, resume each other's only with clients that offer one of these hashes.
struct ticket_key {
  std::uint32_t keyrev = 0;  // names the key on the wire
  std::string key{};         // 48 bytes: 32 of AES-256, then 16 of HMAC-SHA256
};

// keyring is a handle on a set of at most 4 ticket keys, which may change while servers use it: that is how
// keys are rotated without a restart. Copying shares it; it may be used from any thread.
//
// The key added last seals new tickets, all open old ones. A key stops working when it is as old as the
// session_lifetime of the config that uses it.
class STLS_EXPORT keyring {
 public:
  keyring() noexcept;  // empty: no keyring at all
  keyring(const keyring&) noexcept;
  keyring(keyring&&) noexcept;
  keyring& operator=(const keyring&) noexcept;
  keyring& operator=(keyring&&) noexcept;
  ~keyring();

  // make takes the oldest key first. Errors: bad_config, as of add.
  [[nodiscard]] static result<keyring> make(const std::vector<ticket_key>&);

  // add takes a key, which seals from now on; of more than 4 the oldest goes. The newest key may be added
  // again, which makes it young. Errors (bad_config): not 48 bytes; `ticket key already present` for any
  // other keyrev that is there.
  result<void> add(const ticket_key&);

  [[nodiscard]] explicit operator bool() const noexcept { return body_ != nullptr; }

  class body;
  explicit keyring(std::shared_ptr<body> shared) noexcept;
  [[nodiscard]] const std::shared_ptr<body>& shared() const noexcept { return body_; }

 private:
  std::shared_ptr<body> body_;
};

// ticket_key_source is the option ticket_keys: keys, a keyring that the application goes on using, or a file.
//
// A file is for servers on several hosts, and is read when the config is made. It has one key a line, the
// oldest first: a number, which is the keyrev, a blank, and 96 hexadecimal digits. Empty lines are passed
// over, and those that begin with '#'. Of several keys the last but one seals new tickets, and all open old
// ones: so each key is everywhere before it is used, and hosts may get the file at different times. Rotate it
// more often than once in a session_lifetime, and then copy it to the hosts, where a config_watcher takes it
// up:
//
//   f=tickets.keys; umask 077
//   { tail -n 3 $f; echo "$(date +%s) $(openssl rand -hex 48)"; } > $f.new && mv $f.new $f
//
// It begins as an empty file. Keep it as secret as a private key.
class STLS_EXPORT ticket_key_source {
 public:
  ticket_key_source() noexcept = default;  // not given: stls makes random keys and rotates them
  ticket_key_source(std::initializer_list<ticket_key> keys) : keys_(keys) {}
  ticket_key_source(std::vector<ticket_key> keys)  // NOLINT(google-explicit-constructor)
      : keys_(std::move(keys)) {}
  ticket_key_source(keyring ring) noexcept : ring_(std::move(ring)) {}  // NOLINT(google-explicit-constructor)

  // file names a file of keys. Errors are those of the option: bad_config, with the line, or of the system.
  [[nodiscard]] static ticket_key_source file(std::string path);

  [[nodiscard]] const std::vector<ticket_key>& keys() const noexcept { return keys_; }
  [[nodiscard]] const keyring& ring() const noexcept { return ring_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // empty: it is no file

 private:
  std::vector<ticket_key> keys_;
  keyring ring_;
  std::string path_;
};

STLS_NAMESPACE_END
