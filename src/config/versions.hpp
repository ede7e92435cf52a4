// The protocol versions of a config.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

STLS_NAMESPACE_BEGIN

// version_set holds the versions that may be negotiated. They always follow one another without a hole, since
// TLS before 1.3 can only express a range (RFC 5246 appendix E.1). TLS 1.0 and 1.1 are never together with
// the others.
struct version_set {
  bool tls1_2 = true;
  bool tls1_3 = true;
  bool tls1_0 = false;
  bool tls1_1 = false;

  [[nodiscard]] bool old() const noexcept { return tls1_0 || tls1_1; }
  [[nodiscard]] bool empty() const noexcept { return !tls1_2 && !tls1_3 && !old(); }
  friend bool operator==(const version_set&, const version_set&) = default;
};

// parse_versions reads the option `protocols` as tls_config_parse_protocols(3) does: words are added, words
// after
// `!` taken away, and a list that starts with `!` starts from all. What it leaves must be one range, and
// either old or new.
[[nodiscard]] result<version_set> parse_versions(std::string_view words);

// to_string gives "tlsv1.2,tlsv1.3".
[[nodiscard]] std::string to_string(const version_set&);

STLS_NAMESPACE_END
