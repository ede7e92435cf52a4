// What the heads of HTTP/1.1 messages say (RFC 9110, RFC 9112), after they were read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace http {

// refusal is why a message is not taken: the status that a server answers with, and a sentence for people.
class refusal {
 public:
  // The sentence is a literal: a refusal is cheap, whatever the peer sent.
  constexpr refusal(int status, std::string_view why) noexcept : status_(status), why_(why) {}
  [[nodiscard]] constexpr int status() const noexcept { return status_; }
  [[nodiscard]] constexpr std::string_view why() const noexcept { return why_; }

 private:
  int status_;
  std::string_view why_;
};

// reading<T> is what was read, or why not.
template <class T>
using reading = tl::expected<T, refusal>;

[[nodiscard]] constexpr tl::unexpected<refusal> refuse(int status, std::string_view why) {
  return tl::unexpected<refusal>(refusal(status, why));
}

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) c = lower(c);
  return small;
}

// trimmed is a text without blanks and tabs around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// host_name is the name in "Name:port", in lower case.
[[nodiscard]] inline std::string host_name(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  return lower(authority.substr(0, has_port ? colon : authority.npos));
}

// fields are the header lines of a message, in their order. Names are in lower case.
class fields {
 public:
  void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

  [[nodiscard]] std::size_t count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const auto& one) { return one.first == name; }));
  }
  // find gives the first value of that name, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept {
    for (const auto& one : all_) {
      if (one.first == name) return &one.second;
    }
    return nullptr;
  }
  // lists says whether a word, in lower case, stands in the comma-separated lists of that name.
  [[nodiscard]] bool lists(std::string_view name, std::string_view word) const {
    for (const auto& one : all_) {
      if (one.first != name) continue;
      for (std::string_view rest = one.second;;) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (lower(trimmed(rest.substr(0, comma))) == word) return true;
        if (comma == rest.size()) break;
        rest.remove_prefix(comma + 1);
      }
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// framing is how one learns where a body ends (RFC 9112 section 6).
class framing {
 public:
  enum class kind : std::uint8_t { length, chunked, until_end };

  constexpr framing() noexcept = default;  // there is no body
  constexpr explicit framing(std::uint64_t length) noexcept : length_(length) {}
  constexpr explicit framing(kind how) noexcept : kind_(how) {}
  [[nodiscard]] constexpr kind how() const noexcept { return kind_; }
  [[nodiscard]] constexpr std::uint64_t length() const noexcept { return length_; }  // if it is known
  [[nodiscard]] constexpr bool empty() const noexcept { return kind_ == kind::length && length_ == 0; }

 private:
  kind kind_ = kind::length;
  std::uint64_t length_ = 0;
};

// request is a request but for its body. Not an aggregate: GCC 12 destroys those twice in a co_await
// expression.
class request {
 public:
  request() noexcept {}  // NOLINT(modernize-use-equals-default)

  std::string method;
  std::string path;   // as it was sent, from the first slash on; "*" of OPTIONS; empty for CONNECT
  std::string query;  // what stands behind the question mark
  std::string host;   // with a port, if one was sent; empty: HTTP/1.0 may say none
  int minor = 1;      // of HTTP/1.x
  fields header;
  framing body;
  bool persistent = true;         // the client wants to go on with this connection
  bool expects_continue = false;  // it waits for a word before it sends the body
};

// response is a response but for its body.
class response {
 public:
  response() noexcept {}  // NOLINT(modernize-use-equals-default)

  int status = 0;
  fields header;
  framing body;
};

}  // namespace http
