// The programs of interop/peers, which are run as other processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {

// peer_path gives the path of a peer, or "" if it was not built for want of a package.
[[nodiscard]] std::string peer_path(std::string_view name);

// ticket_words says with which tickets a server works.
struct ticket_words {
  std::uint32_t keyrev = 7;
  char key = 'k';  // 48 times
  std::string session_id = "the same";
  int lifetime = 7200;  // seconds
};

// peer_command is the command of a server of interop/peers; each has the same words.
[[nodiscard]] std::vector<std::string> peer_command(std::string_view name, const kind&,
                                                    const ticket_words& = {},
                                                    const std::vector<std::string>& more = {});

// peer_server is a running server of interop/peers.
class peer_server {
 public:
  explicit peer_server(std::vector<std::string> command);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  // next_word is what it says of the next client: "full", "resumed", "error: ...".
  [[nodiscard]] std::string next_word() { return program_.line(++clients_); }

  // visit makes a connection, whose sessions are the client's, and gives that word; both sides must agree. A
  // connection that failed is "".
  [[nodiscard]] std::string visit(const stls::client&);

 private:
  program program_;
  std::uint16_t port_ = 0;
  std::size_t clients_ = 0;
};

}  // namespace interop
