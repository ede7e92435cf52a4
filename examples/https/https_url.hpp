// An https URL (RFC 3986), and what another one means where it stands in a response from there.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "http_message.hpp"

// https_url is a host, a port, and what is asked for there.
class https_url {
 public:
  // Throws what is wrong with the text. Only https is taken: nothing else is secure.
  explicit https_url(std::string_view text) {
    const auto scheme_end = text.find("://");
    if (scheme_end == text.npos) throw std::runtime_error("`" + shown(text) + "' is no URL");
    if (http::lower(text.substr(0, scheme_end)) != "https")
      throw std::runtime_error("`" + shown(text) + "' is not https");
    std::string_view rest = text.substr(scheme_end + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    take_authority(rest.substr(0, end));
    take_target(rest.substr(end));
  }

  // at is where a redirection leads (RFC 3986 section 5.2).
  [[nodiscard]] https_url at(std::string_view reference) const {
    const auto colon = reference.find(':');
    if (colon < std::min(reference.find_first_of("/?#"), reference.size())) return https_url(reference);
    if (reference.starts_with("//")) return https_url("https:" + std::string(reference));
    https_url other = *this;
    if (reference.starts_with('/')) {
      other.take_target(reference);
    } else if (reference.starts_with('?')) {
      other.take_target(path() + std::string(reference));
    } else if (!reference.empty() && !reference.starts_with('#')) {
      other.take_target(path().substr(0, path().rfind('/') + 1) + std::string(reference));
    }
    return other;
  }

  [[nodiscard]] const std::string& host() const noexcept { return host_; }  // without brackets
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }  // path and query
  // authority is what the line Host says.
  [[nodiscard]] std::string authority() const {
    const std::string name = host_.find(':') == host_.npos ? host_ : "[" + host_ + "]";
    return port_ == 443 ? name : name + ":" + std::to_string(port_);
  }
  [[nodiscard]] std::string text() const { return "https://" + authority() + target_; }

 private:
  // The text may be a server's: it shall do nothing to a terminal.
  static std::string shown(std::string_view text) {
    std::string safe(text.substr(0, 200));
    for (char& c : safe) {
      if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f) c = '?';
    }
    return safe;
  }

  [[nodiscard]] std::string path() const { return target_.substr(0, target_.find('?')); }

  void take_authority(std::string_view text) {
    const auto fail = [&] { throw std::runtime_error("`" + shown(text) + "' is no host and port"); };
    std::string_view digits;
    if (text.starts_with('[')) {
      const auto end = text.find(']');
      if (end == text.npos) fail();
      host_ = text.substr(1, end - 1);
      digits = text.substr(end + 1);
    } else {
      const auto end = std::min(text.find(':'), text.size());
      host_ = text.substr(0, end);
      digits = text.substr(end);
    }
    port_ = 443;
    if (!digits.empty()) {
      const char* const last = digits.data() + digits.size();
      const auto [stopped, failure] = std::from_chars(digits.data() + 1, last, port_);
      if (digits.front() != ':' || failure != std::errc() || stopped != last || port_ == 0) fail();
    }
    for (const char c : host_) {
      const bool good = (c >= '0' && c <= '9') || (http::lower(c) >= 'a' && http::lower(c) <= 'z') ||
                        c == '.' || c == '-' || c == '_' || c == ':';
      if (!good) fail();
    }
    if (host_.empty()) fail();
  }

  void take_target(std::string_view text) {
    text = text.substr(0, text.find('#'));
    for (const char c : text) {
      if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f)
        throw std::runtime_error("`" + shown(text) + "' must be encoded with percent signs");
    }
    const auto mark = std::min(text.find('?'), text.size());
    target_ = without_dots(text.substr(0, mark)) + std::string(text.substr(mark));
  }

  // RFC 3986 section 5.2.4.
  static std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
      path.remove_prefix(path.starts_with('/') ? 1 : 0);
      const auto end = std::min(path.find('/'), path.size());
      const std::string_view name = path.substr(0, end);
      path.remove_prefix(end);
      if (name == "..") out.erase(std::min(out.rfind('/'), out.size()));
      const bool dots = name == "." || name == "..";
      if (!dots) out.append("/").append(name);
      if (dots && path.empty()) out += '/';
    }
    return out.empty() ? "/" : out;
  }

  std::string host_;
  std::uint16_t port_ = 443;
  std::string target_ = "/";
};
