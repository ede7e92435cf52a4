// https_get fetches a file over https, and lets nobody take a part of it for the whole:
//
//   https_get --output FILE https://example.org/file
//
// Redirections are followed, but not to where there is no TLS. With --resume, what a failed run has got is
// kept, and the next one goes on there if the file is still the same. Exit status: 0, all of it is there; 1,
// it is not, and standard error says why; 2, wrong usage.
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <getopt.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "../pem_file.hpp"
#include "download_file.hpp"
#include "http_content_range.hpp"
#include "http_message.hpp"
#include "http_reader.hpp"
#include "https_url.hpp"
#include "message_stream.hpp"
#include "progress_line.hpp"

namespace {

constexpr auto patience = std::chrono::seconds(30);  // for a connection, and then for each piece
constexpr int most_redirections = 10;

struct get_arguments {
  std::string url;
  std::string output;  // a file; default: standard output
  std::string ca;      // a file of trusted roots instead of the system's
  std::string engine;
  bool resume = false;
};

get_arguments parse_get_arguments(int argc, char** argv) {
  static const option known[] = {{"output", required_argument, nullptr, 'o'},
                                 {"ca", required_argument, nullptr, 'a'},
                                 {"engine", required_argument, nullptr, 'e'},
                                 {"resume", no_argument, nullptr, 'r'},
                                 {nullptr, 0, nullptr, 0}};
  get_arguments args;
  bool usage = false;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "o:", known, nullptr)) != -1;) {
    switch (letter) {
      case 'o':
        args.output = optarg;
        break;
      case 'a':
        args.ca = optarg;
        break;
      case 'e':
        args.engine = optarg;
        break;
      case 'r':
        args.resume = true;
        break;
      default:
        usage = true;
    }
  }
  if (usage || argc - optind != 1 || (args.resume && args.output.empty())) {
    std::fprintf(stderr,
                 "usage: %s [options] URL\n"
                 "  -o, --output FILE  write there, not to standard output\n"
                 "  --resume           go on where an earlier run with this FILE failed\n"
                 "  --ca FILE          trust these roots instead of the system's\n"
                 "  --engine NAME      the TLS engine\n",
                 argv[0]);
    std::exit(2);
  }
  args.url = argv[optind];
  return args;
}

// must throws what went wrong.
template <class T>
T must(stls::result<T> r) {
  if (!r) throw std::runtime_error(r.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*r);
}
template <class T>
T taken(http::reading<T> r) {
  if (!r) throw std::runtime_error("the response is no good: " + std::string(r.error().why()));
  return std::move(*r);
}

std::string request_text(const https_url& url, const download_file& file) {
  std::string text =
      "GET " + url.target() + " HTTP/1.1\r\nHost: " + url.authority() +
      "\r\nUser-Agent: https_get\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n";
  if (file.resumes(url.text()))
    text += "Range: bytes=" + std::to_string(file.size()) + "-\r\nIf-Range: " + file.tag() + "\r\n";
  return text + "\r\n";
}

// receive_head gives the head of the final response.
asio::awaitable<http::response> receive_head(message_stream& in) {
  for (int interim = 0; interim < 10; ++interim) {
    const std::string head = taken(must(co_await in.head(patience)));
    http::response response = taken(http::read_response(head, "GET"));
    if (response.status >= 200) co_return response;
  }
  throw std::runtime_error("the response is no good: it does not begin");
}

// prepare readies the file for the response's body: the whole, or the rest, that was asked for. It gives the
// size that the file has then, if the response says it.
std::optional<std::uint64_t> prepare(const http::response& response, const https_url& url,
                                     download_file& file) {
  const std::string* const tag = response.header.find("etag");
  if (response.status == 206 && file.resumes(url.text())) {
    const std::string* const range = response.header.find("content-range");
    const auto part = range == nullptr ? std::nullopt : http::read_content_range(*range);
    if (!part || part->first != file.size() || part->last + 1 != part->total || tag == nullptr ||
        *tag != file.tag())
      throw std::runtime_error("the server sent another part than the one that was asked for");
    return part->total;
  }
  if (response.status != 200)
    throw std::runtime_error("the server answered " + std::to_string(response.status));
  file.start(tag == nullptr ? "" : *tag, url.text());
  if (response.body.how() == http::framing::kind::length) return response.body.length();
  return std::nullopt;
}

asio::awaitable<void> receive_body(message_stream& in, const http::response& response,
                                   std::optional<std::uint64_t> size, download_file& file) {
  progress_line progress;
  in.begin(response.body);
  for (;;) {
    const std::string_view piece = taken(must(co_await in.body(patience)));
    if (piece.empty()) break;
    file.write(piece);
    progress.show(file.size(), size);
  }
  if (size && file.size() != *size) throw std::runtime_error("the server sent another size than it had said");
  file.finish();
}

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

asio::awaitable<void> fetch(std::string first, stls::config conf, download_file& file) {
  https_url url(first);
  for (int redirections = 0; redirections <= most_redirections;) {
    // Chain, name and validity of the server's certificate are verified without being asked for.
    stls::stcp s = must(co_await stls::connect(url.host(), url.port(), conf, patience));
    const std::string request = request_text(url, file);
    must(co_await s.send(std::as_bytes(std::span(request)), patience));
    message_stream in(s);
    const http::response response = co_await receive_head(in);
    const std::string* const location = response.header.find("location");
    if (is_redirection(response.status) && location != nullptr) {
      url = url.at(*location);
      ++redirections;
    } else if (response.status == 416 && file.resumes(url.text())) {
      file.start("", "");  // it is another file than the one that was begun, or all was there
    } else {
      const auto size = prepare(response, url, file);
      co_await receive_body(in, response, size, file);
      static_cast<void>(co_await s.close());
      co_return;
    }
  }
  throw std::runtime_error("there are too many redirections");
}

}  // namespace

int main(int argc, char** argv) {
  const get_arguments args = parse_get_arguments(argc, argv);
  try {
    const auto conf =
        stls::config::make({.alpn = "http/1.1", .ca = pem_file(args.ca), .engine = args.engine});
    download_file file(
        args.output, args.resume ? download_file::after_failure::keep : download_file::after_failure::forget);
    asio::io_context loop(1);
    asio::co_spawn(loop, fetch(args.url, must(conf), file), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    loop.run();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "https_get: %s\n", e.what());
    return 1;
  }
}
