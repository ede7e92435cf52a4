// serve: what the server peers have in common. Each serves one client after another at a free port of
// 127.0.0.1, tells it by a word whether its session was resumed, ends the stream, and prints the same word:
//
//   listening on port 41234
//   full
//   resumed
//   error: what was wrong
//
// Words of the command line: protocols (tlsv1.2 or tlsv1.3), cert, key (files), session_id, lifetime
// (seconds), keyrev, ticket_key (in hexadecimal digits).
#pragma once

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tcp.hpp"
#include "words.hpp"

constexpr int patience = 30;  // seconds

inline std::string_view word_of(bool resumed) { return resumed ? "resumed" : "full"; }

inline void print_line(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  if (std::fflush(stdout) != 0) throw std::runtime_error("standard output is gone");
}

// A Server is made from the words. Its meet(socket) does all that is TLS, and says whether it was a
// resumption.
template <class Server>
int serve(int argc, char** argv) {
  try {
    Server server(words(argc, argv));
    const descriptor listener = tcp_listen("127.0.0.1", "0");
    print_line("listening on port " + std::to_string(tcp_port(listener)));
    for (;;) {
      const descriptor socket = tcp_accept(listener);
      set_patience(socket, patience);
      try {
        const bool resumed = server.meet(socket.get());
        finish_sending(socket);
        print_line(word_of(resumed));
      } catch (const std::exception& e) {
        print_line(std::string("error: ") + e.what());
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
  }
}
