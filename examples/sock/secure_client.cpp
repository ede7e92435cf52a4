// secure_client sends one line to a server that it has verified, and prints the line that comes back:
//
//   secure_client example.org 4433 "are you there?" [CA]
//
// With CA, a file of root certificates, these are trusted instead of the system's. Exit status: 0, the answer
// is printed; 1, there is none, and standard error says why; 2, wrong usage.
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>

#include "port_number.hpp"

namespace {

using namespace std::chrono_literals;

// ask is all that there is to a client: the name resolved, connected, verified, question and answer, each in
// time.
stls::task<std::string> ask(std::string host, std::uint16_t port, stls::config conf, std::string line) {
  auto s = co_await stls::connect(host, port, conf, 10s);
  if (!s) co_return tl::unexpected(s.error());
  line += '\n';
  if (auto sent = co_await s->send(std::as_bytes(std::span(line)), 10s); !sent)
    co_return tl::unexpected(sent.error());

  std::string answer;
  while (answer.empty() || answer.back() != '\n') {
    std::array<char, 4096> room;
    const auto n = co_await s->recv(std::as_writable_bytes(std::span(room)), 10s);
    if (!n) co_return tl::unexpected(n.error());
    if (*n == 0) break;  // the server has said all; a connection that was cut is an error
    answer.append(room.data(), *n);
  }
  static_cast<void>(co_await s->close());
  co_return answer;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: %s HOST PORT LINE [CA]\n", argv[0]);
    return 2;
  }
  try {
    // Chain, name and validity of the server's certificate are verified without being asked for.
    const auto conf = stls::config::make({.ca = argc == 5 ? stls::pem::file(argv[4]) : stls::pem()});
    asio::io_context loop(1);
    int status = 1;
    asio::co_spawn(loop, ask(argv[1], port_number(argv[2]), conf.value(), argv[3]),
                   [&](std::exception_ptr thrown, const stls::result<std::string>& answer) {
                     if (thrown) std::rethrow_exception(thrown);
                     if (!answer) throw std::runtime_error(answer.error().message);
                     status = std::fputs(answer->c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0;
                   });
    loop.run();
    return status;
  } catch (const tl::bad_expected_access<stls::error>& e) {
    std::fprintf(stderr, "secure_client: %s\n", e.error().message.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "secure_client: %s\n", e.what());
  }
  return 1;
}
