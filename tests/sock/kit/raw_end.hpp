// raw_end: a raw peer, and what it shall do, at one end of a connection on loopback.
#pragma once

#include "sock/kit/loop.hpp"
#include "support/actor.hpp"
#include "support/bytes.hpp"
#include "support/memory_pair.hpp"
#include "support/raw_peer.hpp"

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace stls::test {

class raw_end {
 public:
  // Over a socket that is connected.
  raw_end(asio::ip::tcp::socket, const raw_options&);

  raw_peer& peer() noexcept { return peer_; }
  actor& steps() noexcept { return actor_; }

  // play does the steps of the actor, until they are done or cannot be. What it sent has been taken by the
  // system then.
  asio::awaitable<void> play();
  // flood does a step again and again, and sends what that makes, up to so many bytes or until the socket
  // breaks. It never receives. It gives how much was sent.
  asio::awaitable<std::size_t> flood(std::function<void()> step, std::size_t most);
  // hang_up closes the socket.
  void hang_up();

 private:
  // carry moves what can be moved between the wire and the socket.
  bool carry();
  asio::awaitable<void> wait();

  asio::ip::tcp::socket socket_;
  memory_pair wire_;
  raw_peer peer_;
  actor actor_;
  bytes unsent_;
  bool ended_ = false;
};

// connected_to gives a socket that is connected to a port of 127.0.0.1.
asio::awaitable<asio::ip::tcp::socket> connected_to(std::uint16_t port);

}  // namespace stls::test
