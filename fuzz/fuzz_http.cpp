// The HTTP reader of the examples: whatever comes, and in whatever portions, is read the same way or refused;
// what is taken leads nowhere but below the root, and says the same when it is written and read again.

#include "https/http_body.hpp"
#include "https/http_conditions.hpp"
#include "https/http_reader.hpp"
#include "https/url_path.hpp"

#include "kit/input.hpp"
#include "kit/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using stls::fuzz::require;

// head_size of a text that comes in portions; 0: it has not ended, -1: it is refused.
long head_size(std::string_view text, std::size_t portion) {
  http::head_finder finder;
  for (std::size_t come = 0; come < text.size();) {
    come = std::min(text.size(), come + portion);
    const auto size = finder.find(text.substr(0, come));
    if (!size) {
      require(size.error().status() == 400 || size.error().status() == 414 || size.error().status() == 431);
      return -1;
    }
    if (*size > 0) return static_cast<long>(*size);
  }
  return 0;
}

// body is what a stream has of one, with how it ended, as one text.
std::string body(http::framing how, std::string_view stream, std::size_t portion) {
  http::body_reader reader(how);
  std::string out;
  std::size_t read = 0;
  for (std::size_t come = 0; come < stream.size() && !reader.done();) {
    come = std::min(stream.size(), come + portion);
    while (read < come && !reader.done()) {
      const auto piece = reader.next(stream.substr(read, come - read));
      if (!piece) return "refused: " + std::string(piece.error().why());
      require(piece->read > 0 && piece->data.size() <= piece->read);
      read += piece->read;
      out += piece->data;
    }
  }
  if (how.how() == http::framing::kind::length) require(out.size() <= how.length());
  return (reader.done() ? "all " : "some ") + std::to_string(read) + ":" + out;
}

// written is a request as somebody else would send it.
std::string written(const http::request& r) {
  std::string text = r.method + ' ' + (r.method == "CONNECT" ? r.host : r.path);
  if (!r.query.empty()) text += '?' + r.query;
  text += " HTTP/1." + std::to_string(r.minor) + "\r\n";
  if (!r.host.empty()) text += "Host: " + r.host + "\r\n";
  if (r.body.how() == http::framing::kind::chunked) text += "Transfer-Encoding: chunked\r\n";
  if (r.header.find("content-length") != nullptr)
    text += "Content-Length: " + *r.header.find("content-length") + "\r\n";
  return text + (r.persistent ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

void check_request(const http::request& r, std::string_view rest, std::size_t portion) {
  const auto again = http::read_request(written(r));
  require(again && again->method == r.method && again->path == r.path && again->query == r.query &&
          again->host == r.host && again->minor == r.minor && again->persistent == r.persistent &&
          again->body.how() == r.body.how() && again->body.length() == r.body.length());
  require(body(r.body, rest, portion) == body(r.body, rest, rest.size() + 1));
  if (const auto names = http::path_names(r.path)) {
    for (const std::string& name : *names) {
      require(name != "." && name != ".." && name.find('/') == name.npos && name.find('\0') == name.npos);
      require(!name.empty() || &name == &names->back());
    }
  }
  const http::version now{"\"v1\"", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
  constexpr std::uint64_t size = 1000;
  if (const auto part = http::range_of(r.header, now, size))
    require(part->size <= size && part->first <= size - part->size);
  const int status = http::precondition(r.header, http::intent::read, &now);
  require(status == 0 || status == 304 || status == 412);
}

}  // namespace

// The first byte is the size of the portions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stls::fuzz::input in(data, size);
  const std::size_t portion = in.byte() + 1U;
  const std::string_view text(reinterpret_cast<const char*>(in.rest().data()), in.rest().size());

  const long head = head_size(text, portion);
  require(head == head_size(text, text.size() + 1));
  if (head > 0) {
    const std::string_view whole = text.substr(0, static_cast<std::size_t>(head));
    const std::string_view rest = text.substr(static_cast<std::size_t>(head));
    if (const auto r = http::read_request(whole)) {
      check_request(*r, rest, portion);
    } else {
      require(r.error().status() >= 400 && r.error().status() <= 505 && !r.error().why().empty());
    }
    if (const auto r = http::read_response(whole, "GET"))
      require(body(r->body, rest, portion) == body(r->body, rest, rest.size() + 1));
  }
  // Without a head before it more of the inputs are chunks.
  const http::framing chunks(http::framing::kind::chunked);
  require(body(chunks, text, portion) == body(chunks, text, text.size() + 1));
  return 0;
}
