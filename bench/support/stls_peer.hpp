// stls_peer: stls through its C++ API, as an application uses it: one config for ever, and what it makes.
#pragma once

#include "support/peer.hpp"
#include "support/pipe.hpp"
#include "support/stls_config.hpp"

#include <stls/stls.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace bench {

// choice is an engine, and the options that hold both ends to its terms.
template <class C>
concept choice = requires {
  requires std::same_as<decltype(C::keeps), const terms>;
  { C::both_ends() } -> std::same_as<stls::options>;
};

// stls_end is one side's view of the link.
struct stls_end {
  pipe& in;
  pipe& out;

  stls::io_result read(std::span<std::byte> into) noexcept {
    const std::size_t n = in.read(into);
    return {n, n == 0 ? stls::io_status::want_read : stls::io_status::ok};
  }
  stls::io_result write(std::span<const std::byte> from) noexcept {
    const std::size_t n = out.write(from);
    return {n, n == 0 ? stls::io_status::want_write : stls::io_status::ok};
  }
};

template <choice C>
class stls_peer {
 public:
  static constexpr terms keeps = C::keeps;

  explicit stls_peer(const material& files)
      : system_file_(files.system),
        server_(checked(stls::server::make(presenting(C::both_ends(), files)))),
        forgetful_(checked(stls::client::make(trusting(C::both_ends(), files.ca, 0)))),
        remembering_(checked(stls::client::make(trusting(C::both_ends(), files.ca, std::nullopt)))),
        system_(trusting(C::both_ends(), files.system, 0)) {}

  static std::string version() { return stls_version(C::both_ends()); }

  agreed handshake(roots r, const char* servername) {
    if (r == roots::one) return connect(forgetful_, servername);
    return connect(checked(stls::client::make(system_)), servername);
  }

  void renew() { system_ = trusting(C::both_ends(), system_file_, 0); }

  bool resumes() {
    connect(remembering_, "localhost");
    return connect(remembering_, "localhost").resumed;
  }

  agreed resume() { return connect(remembering_, "localhost"); }

  void write(std::span<const std::byte> from) {
    while (!from.empty()) {
      const stls::io_result r = client_side_.send(from);
      if (!r.ok()) fail("send", client_side_);
      from = from.subspan(r.bytes);
    }
  }

  void read(std::span<std::byte> into) {
    while (!into.empty()) {
      const stls::io_result r = server_side_.recv(into);
      if (!r.ok()) fail("recv", server_side_);
      into = into.subspan(r.bytes);
    }
  }

  // The client has waited to read since it looked for tickets, and what waits keeps its buffers.
  void idle() {
    std::array<std::byte, 1> byte{};
    if (!server_side_.send(byte).ok() || !client_side_.recv(byte).ok()) throw failure("nothing came");
    if (!client_side_.release_buffers()) throw failure("release_buffers failed");
  }
  void drop_client() { client_side_ = {}; }

 private:
  [[noreturn]] static void fail(const char* verb, const stls::connection& side) {
    throw failure(std::string(verb) + ": " + side.last_error().message);
  }

  agreed connect(const stls::client& by, const char* servername) {
    link_->clear();
    client_side_ = checked(by.connect(servername, stls::transport::from(client_end_)));
    server_side_ = checked(server_.accept(stls::transport::from(server_end_)));
    stls::io_result client{0, stls::io_status::want_write};
    stls::io_result server{0, stls::io_status::want_read};
    for (int turn = 0; client.wants() || server.wants(); ++turn) {
      if (turn > 10) throw failure("handshake: no end");
      if (client.wants()) client = client_side_.handshake();
      if (client.status == stls::io_status::error) fail("client's handshake", client_side_);
      if (server.wants()) server = server_side_.handshake();
      if (server.status == stls::io_status::error) fail("server's handshake", server_side_);
    }
    // The server's tickets come behind its handshake.
    std::array<std::byte, 1> nothing{};
    if (client_side_.recv(nothing).status != stls::io_status::want_read || !link_->to_client.empty()) {
      throw failure("the client did not read the tickets");
    }
    return agreed_by(client_side_.info());
  }

  std::string system_file_;
  stls::server server_;
  stls::client forgetful_;    // keeps no sessions
  stls::client remembering_;  // keeps them, as is the default
  stls::config system_;
  std::unique_ptr<link> link_ = std::make_unique<link>();
  stls_end client_end_{link_->to_client, link_->to_server};
  stls_end server_end_{link_->to_server, link_->to_client};
  stls::connection client_side_;
  stls::connection server_side_;
};

}  // namespace bench
