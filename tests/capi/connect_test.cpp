// tls_connect: the one function that opens a socket.
#include "capi/kit.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace capi {
namespace {

// one_server is a TLS server on a free port of 127.0.0.1, for one client, to whom it says hello.
class one_server {
 public:
  one_server() : ctx_(server(server_config())), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  one_server(const one_server&) = delete;
  one_server& operator=(const one_server&) = delete;
  ~one_server() {
    thread_.join();
    ::close(socket_);
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  void serve() {
    const int accepted = ::accept(socket_, nullptr, nullptr);
    tls* made = nullptr;
    EXPECT_EQ(tls_accept_socket(ctx_.get(), &made, accepted), 0);
    const context conn(made);
    EXPECT_EQ(tls_write(made, "hello", 5), 5) << text(tls_error(made));
    EXPECT_EQ(tls_close(made), 0);
    // Until the client closes its socket: what was sent must not be lost by a reset.
    char byte = 0;
    while (::read(accepted, &byte, 1) > 0) {
    }
    ::close(accepted);
  }

  context ctx_;
  int socket_;
  std::string port_;
  std::thread thread_;
};

void expect_hello(tls* ctx) {
  std::array<char, 8> room{};
  ASSERT_EQ(tls_read(ctx, room.data(), room.size()), 5) << text(tls_error(ctx));
  EXPECT_EQ(std::string(room.data(), 5), "hello");
  EXPECT_EQ(tls_read(ctx, room.data(), room.size()), 0);
  EXPECT_EQ(tls_close(ctx), 0);
}

TEST(capi_connect, by_host_and_port) {
  const one_server peer;
  const context c = client(client_config());
  ASSERT_EQ(tls_connect(c.get(), "127.0.0.1", peer.port().c_str()), 0) << text(tls_error(c.get()));
  expect_hello(c.get());
}

TEST(capi_connect, by_host_and_port_in_one) {
  const one_server peer;
  const context c = client(client_config());
  ASSERT_EQ(tls_connect(c.get(), ("127.0.0.1:" + peer.port()).c_str(), nullptr), 0)
      << text(tls_error(c.get()));
  expect_hello(c.get());
}

TEST(capi_connect, with_another_servername) {
  const one_server peer;
  const context c = client(client_config());
  ASSERT_EQ(tls_connect_servername(c.get(), "127.0.0.1", peer.port().c_str(), "test.example"), 0)
      << text(tls_error(c.get()));
  expect_hello(c.get());
  EXPECT_EQ(text(tls_conn_servername(c.get())), "test.example");
}

TEST(capi_connect, says_why_not) {
  const auto refusal = [](const char* host, const char* port) {
    const context c = client(client_config());
    EXPECT_EQ(tls_connect(c.get(), host, port), -1);
    return text(tls_error(c.get()));
  };
  EXPECT_EQ(refusal(nullptr, "443"), "host not specified");
  EXPECT_EQ(refusal("localhost", nullptr), "no port provided");
  EXPECT_EQ(refusal("localhost:", nullptr), "'localhost:': not a host and a port");
  EXPECT_EQ(refusal("[::1]443", nullptr), "no port provided");
  EXPECT_EQ(refusal("localhost", "no such service").substr(0, 22), "cannot find 'localhost");
  // tcpmux, which nobody serves.
  EXPECT_EQ(refusal("127.0.0.1", "1"), "cannot connect to '127.0.0.1', port '1': Connection refused");
}

}  // namespace
}  // namespace capi
