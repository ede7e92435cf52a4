// What a server answers, but for a long body.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace http {

[[nodiscard]] constexpr std::string_view reason(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

// reply is a status, header lines, and a text for people where something is refused.
class reply {
 public:
  explicit reply(int status) : status_(status) {
    if (status >= 400)
      with("Content-Type", "text/plain; charset=utf-8").says(std::string(reason(status)) + "\n");
  }
  // with adds a header line. What a client sent may stand in it if the reader took it: no line end is in
  // that.
  reply& with(std::string_view name, std::string_view value) {
    lines_.append(name).append(": ").append(value).append("\r\n");
    return *this;
  }
  reply& says(std::string text) {
    text_ = std::move(text);
    return *this;
  }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const std::string& lines() const noexcept { return lines_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  int status_;
  std::string lines_;
  std::string text_;
};

}  // namespace http
