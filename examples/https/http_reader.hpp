// An HTTP/1.1 reader (RFC 9112): heads of requests and responses. It does no I/O.
//
// It is strict: what two readers could read differently is refused, since that is what request smuggling and
// its kin are made of. Lines end with CRLF, nothing is folded, no blank stands before a colon, and a message
// says at most once how long it is.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "http_message.hpp"

namespace http {

constexpr std::size_t longest_line = 8000;  // the first of a message; RFC 9112 section 3 asks for so much
constexpr std::size_t longest_head = 16384;
constexpr std::size_t most_fields = 100;

// head_finder looks for the end of a head in bytes as they come.
class head_finder {
 public:
  // find gives the size of the head that the text begins with, its empty line included, or 0 if more must
  // come. Each time the text is that of the last time, and more.
  [[nodiscard]] reading<std::size_t> find(std::string_view text) {
    for (; seen_ < text.size(); ++seen_) {
      const char c = text[seen_];
      const bool after_cr = seen_ > 0 && text[seen_ - 1] == '\r';
      if (c == '\0') return refuse(400, "there is a NUL in the head");
      if (after_cr != (c == '\n')) return refuse(400, "a line does not end with CRLF");
      if (c == '\n') {
        const bool empty = seen_ - line_ == 1;
        // A client may have sent one too many behind the last body (RFC 9112 section 2.2).
        if (empty && seen_ > 1) return ++seen_;
        line_ = seen_ + 1;
        lines_ += empty ? 0 : 1;
      }
      if (lines_ == 0 && seen_ >= line_ + longest_line) return refuse(414, "the first line is too long");
      if (seen_ >= longest_head) return refuse(431, "the head is too long");
    }
    return 0;
  }

 private:
  std::size_t seen_ = 0;
  std::size_t line_ = 0;  // where it begins
  std::size_t lines_ = 0;
};

namespace detail {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

[[nodiscard]] constexpr bool is_of(std::string_view text, std::string_view one, std::string_view other = {}) {
  for (const char c : text) {
    if (one.find(c) == one.npos && other.find(c) == other.npos) return false;
  }
  return !text.empty();
}
// RFC 9110 section 5.6.2.
[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return is_of(text, alphanumeric, "!#$%&'*+-.^_`|~");
}
// RFC 3986, and what browsers send without encoding it in a query.
[[nodiscard]] constexpr bool is_target(std::string_view text) {
  return is_of(text, alphanumeric, "-._~:/?@!$&'()*+,;=%[]{}|^`");
}
[[nodiscard]] constexpr bool is_value(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f) return false;
  }
  return true;
}
// A host and perhaps a port, and no user before it: RFC 9110 section 4.2.4 forbids that to https.
[[nodiscard]] constexpr bool is_authority(std::string_view text) {
  std::string_view host = text;
  if (const auto colon = text.rfind(':'); colon != text.npos && text.find(']', colon) == text.npos) {
    host = text.substr(0, colon);
    if (!is_of(text.substr(colon + 1), digits) || text.size() - colon > 6) return false;
  }
  if (host.size() > 255) return false;
  if (!host.starts_with('[')) return is_of(host, alphanumeric, "-._");
  return host.ends_with(']') && is_of(host.substr(1, host.size() - 2), "0123456789abcdefABCDEF:.");
}

// line takes the next line of a head.
[[nodiscard]] constexpr std::string_view line(std::string_view& head) {
  const auto end = head.find("\r\n");
  const std::string_view taken = head.substr(0, end);
  head.remove_prefix(end == head.npos ? head.size() : end + 2);
  return taken;
}

[[nodiscard]] inline reading<fields> read_fields(std::string_view lines) {
  fields all;
  while (!lines.empty()) {
    const std::string_view one = line(lines);
    if (one.empty()) break;
    if (one.front() == ' ' || one.front() == '\t') return refuse(400, "a header line is folded");
    const auto colon = one.find(':');
    if (colon == one.npos) return refuse(400, "a header line has no colon");
    if (!is_token(one.substr(0, colon))) return refuse(400, "the name of a header line is no name");
    const std::string_view value = trimmed(one.substr(colon + 1));
    if (!is_value(value)) return refuse(400, "a control character is in a header line");
    if (all.size() == most_fields) return refuse(431, "there are too many header lines");
    all.add(lower(one.substr(0, colon)), std::string(value));
  }
  return all;
}

// "HTTP/1.1": its minor number. Those greater than 1 are read as 1.1 is (RFC 9110 section 2.5).
[[nodiscard]] inline reading<int> read_version(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !digit(text[5]) || text[6] != '.' || !digit(text[7]))
    return refuse(400, "the version is none of HTTP's");
  if (text[5] != '1') return refuse(505, "the version is not HTTP/1.x");
  return text[7] - '0';
}

// framing_of gives `otherwise` where the message does not say how long it is.
[[nodiscard]] inline reading<framing> framing_of(const fields& header, int minor, framing otherwise) {
  const std::string* const length = header.find("content-length");
  const std::string* const coding = header.find("transfer-encoding");
  if (length != nullptr && coding != nullptr)
    return refuse(400, "it has both a length and a transfer coding");
  if (coding != nullptr) {
    if (minor == 0) return refuse(400, "HTTP/1.0 has no transfer coding");
    if (header.count("transfer-encoding") > 1) return refuse(400, "it has more than one transfer coding");
    const std::string name = lower(*coding);
    if (name == "chunked") return framing(framing::kind::chunked);
    if (name.ends_with("chunked")) return refuse(501, "only the transfer coding chunked is known here");
    return refuse(400, "the transfer coding does not end with chunked");
  }
  if (length == nullptr) return otherwise;
  std::uint64_t bytes = 0;
  if (header.count("content-length") > 1 || !is_of(*length, digits))
    return refuse(400, "the length of the body is no number");
  const auto [end, failure] = std::from_chars(length->data(), length->data() + length->size(), bytes);
  if (failure != std::errc()) return refuse(413, "the body is too long");
  return framing(bytes);
}

[[nodiscard]] inline bool is_persistent(const fields& header, int minor) {
  if (header.lists("connection", "close")) return false;
  return minor > 0 || header.lists("connection", "keep-alive");
}

// read_target reads the four forms of RFC 9112 section 3.2.
[[nodiscard]] inline reading<void> read_target(std::string_view target, request& into) {
  if (!is_target(target)) return refuse(400, "the target of the request is none");
  if (into.method == "CONNECT") {
    if (!is_authority(target) || target.find(':') == target.npos)
      return refuse(400, "CONNECT names no host and port");
    into.host = target;
    return {};
  }
  if (target == "*") {
    if (into.method != "OPTIONS") return refuse(400, "only OPTIONS may ask for *");
    into.path = target;
    return {};
  }
  if (!target.starts_with('/')) {
    const auto colon = target.find("://");
    if (colon == target.npos) return refuse(400, "the target of the request is no path");
    const std::string scheme = lower(target.substr(0, colon));
    if (scheme == "http") return refuse(421, "http is not spoken here, but https");
    if (scheme != "https") return refuse(400, "the target of the request is not of https");
    target.remove_prefix(colon + 3);
    const auto end = std::min(target.find_first_of("/?"), target.size());
    if (!is_authority(target.substr(0, end)))
      return refuse(400, "the target of the request has no good host");
    into.host = target.substr(0, end);  // whatever the line Host says (RFC 9112 section 3.2.2)
    target.remove_prefix(end);
  }
  const auto mark = std::min(target.find('?'), target.size());
  into.path = mark == 0 ? "/" : std::string(target.substr(0, mark));
  if (mark < target.size()) into.query = target.substr(mark + 1);
  return {};
}

}  // namespace detail

// read_request reads the head of a request.
[[nodiscard]] inline reading<request> read_request(std::string_view head) {
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  request all;
  const std::string_view first = detail::line(head);
  const auto one = first.find(' ');
  const auto two = first.rfind(' ');
  if (one == two) return refuse(400, "the first line is not that of a request");
  const auto minor = detail::read_version(first.substr(two + 1));
  if (!minor) return tl::unexpected(minor.error());
  all.minor = *minor;
  all.method = first.substr(0, one);
  if (!detail::is_token(all.method)) return refuse(400, "the method is none");
  if (auto read = detail::read_target(first.substr(one + 1, two - one - 1), all); !read)
    return tl::unexpected(read.error());

  auto header = detail::read_fields(head);
  if (!header) return tl::unexpected(header.error());
  all.header = std::move(*header);
  const std::string* const host = all.header.find("host");
  if (host == nullptr && all.minor > 0) return refuse(400, "the line Host is missing");
  if (host != nullptr && (all.header.count("host") > 1 || !detail::is_authority(*host)))
    return refuse(400, "the line Host names no host");
  if (host != nullptr && all.host.empty()) all.host = *host;

  const auto body = detail::framing_of(all.header, all.minor, framing());
  if (!body) return tl::unexpected(body.error());
  all.body = *body;
  if (const std::string* const expected = all.header.find("expect"); expected != nullptr) {
    if (all.header.count("expect") > 1 || lower(*expected) != "100-continue")
      return refuse(417, "it expects what is not known here");
    all.expects_continue = all.minor > 0 && !all.body.empty();
  }
  all.persistent = detail::is_persistent(all.header, all.minor);
  return all;
}

// read_response reads the head of the response to a request of that method. The status of a refusal means
// nothing there.
[[nodiscard]] inline reading<response> read_response(std::string_view head, std::string_view method) {
  response all;
  const std::string_view first = detail::line(head);
  const auto minor = detail::read_version(first.substr(0, 8));
  if (!minor) return tl::unexpected(minor.error());
  // The blank behind the number is often forgotten where no reason follows.
  if (first.size() < 12 || first[8] != ' ' || !detail::is_of(first.substr(9, 3), detail::digits) ||
      (first.size() > 12 && first[12] != ' ') || !detail::is_value(first)) {
    return refuse(400, "the first line is not that of a response");
  }
  all.status = (first[9] - '0') * 100 + (first[10] - '0') * 10 + (first[11] - '0');
  if (all.status < 100) return refuse(400, "the status is none of HTTP's");

  auto header = detail::read_fields(head);
  if (!header) return tl::unexpected(header.error());
  all.header = std::move(*header);
  const bool no_body = method == "HEAD" || all.status < 200 || all.status == 204 || all.status == 304;
  const auto body = detail::framing_of(all.header, *minor, framing(framing::kind::until_end));
  if (!body) return tl::unexpected(body.error());
  all.body = no_body ? framing() : *body;
  return all;
}

}  // namespace http
