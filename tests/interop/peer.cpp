#include "interop/peer.hpp"

#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace interop {

std::string peer_path(std::string_view name) {
  std::string path = std::string(STLS_BUILD_DIR) + "/tests/peers/" + std::string(name);
  return ::access(path.c_str(), X_OK) == 0 ? path : "";
}

std::vector<std::string> peer_command(std::string_view name, const kind& k, const ticket_words& tickets,
                                      const std::vector<std::string>& more) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(tickets.key);
  std::string key;
  for (int i = 0; i < 48; ++i) {
    key += digits[byte >> 4U];
    key += digits[byte & 0xfU];
  }
  std::vector<std::string> command = {peer_path(name),
                                      "engine=" + k.engine,
                                      "protocols=" + k.protocols(),
                                      "cert=" + pki("server.pem"),
                                      "key=" + pki("server.key"),
                                      "session_id=" + tickets.session_id,
                                      "lifetime=" + std::to_string(tickets.lifetime)};
  if (name != "stls_server" || k.can(&stls::capabilities::tickets)) {
    command.insert(command.end(), {"keyrev=" + std::to_string(tickets.keyrev), "ticket_key=" + key});
  }
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

peer_server::peer_server(std::vector<std::string> command) : program_(std::move(command)) {
  const std::string_view start = "listening on port ";
  const std::string first = program_.line(0);
  if (!first.starts_with(start))
    throw std::runtime_error("the peer does not listen; " + program_.everything());
  port_ = static_cast<std::uint16_t>(std::stoi(first.substr(start.size())));
}

std::string peer_server::visit(const stls::client& client) {
  auto ours = connect(port_, program_, client);
  EXPECT_TRUE(ours->handshake());
  const std::string told = ours->receive_all();  // which brings the tickets, too
  EXPECT_TRUE(ours->ended_well()) << ours->error();
  EXPECT_EQ(told, ours->info().resumed ? "resumed" : "full");
  EXPECT_TRUE(ours->close());
  EXPECT_EQ(next_word(), told) << program_.everything();
  return told;
}

}  // namespace interop
