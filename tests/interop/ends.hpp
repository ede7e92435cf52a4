// Our ends of the connections: stls over blocking sockets on loopback.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/program.hpp"

namespace interop {

// pki is the path of a file of the test PKI.
[[nodiscard]] std::string pki(std::string_view file);
[[nodiscard]] stls::pem pki_file(std::string_view file);
[[nodiscard]] stls::keypair pki_pair(std::string_view name);

// payload is text of so many bytes, without a byte that a line-based program could take for something else
// but line ends. It differs with the seed, and at every position.
[[nodiscard]] std::string payload(std::size_t size, unsigned seed);

// temporary_directory is one that is removed, with its files, at the end.
class temporary_directory {
 public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // write makes a file in it, and gives its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

[[nodiscard]] std::string read_file(const std::string& path);

// noise is random bytes, the same ones for the same seed.
[[nodiscard]] std::string noise(std::size_t size, unsigned seed);

// kind is what every test here runs over: each engine, with each version that it has.
struct kind {
  std::string engine;
  std::string version;  // "TLSv1.3"

  [[nodiscard]] std::string protocols() const;  // for stls::options: "tlsv1.3"
  [[nodiscard]] bool is_1_3() const { return version == "TLSv1.3"; }
  [[nodiscard]] bool can(bool stls::capabilities::*what) const {
    return stls::find_provider(engine)->capabilities().*what;
  }
  [[nodiscard]] stls::options client() const;  // trusts ca.pem
  [[nodiscard]] stls::options server(std::string_view pair = "server") const;

  friend void PrintTo(const kind& k, std::ostream* out) { *out << k.engine << ' ' << k.version; }
};
[[nodiscard]] std::vector<kind> all_kinds();
[[nodiscard]] std::vector<kind> kinds_of(std::string_view version);
[[nodiscard]] std::string name_of(const testing::TestParamInfo<kind>&);

// uses_programs is the base of suites for which a program may be missing.
class uses_programs {
 protected:
  // need skips the test, loudly, where it is.
  static void need(const char* program_name, const char* package);
};

// by_kind is the base of the suites.
class by_kind : public testing::TestWithParam<kind>, protected uses_programs {};

// file_descriptor owns one.
class file_descriptor {
 public:
  explicit file_descriptor(int fd) noexcept : fd_(fd) {}
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// end is one connection of ours with its socket. Its verbs wait, though never for longer than patience.
class end {
 public:
  end(int socket, const stls::server&);
  end(int socket, const stls::client&, std::string_view servername);

  // Each says what went wrong.
  [[nodiscard]] testing::AssertionResult handshake();
  [[nodiscard]] testing::AssertionResult send(std::string_view bytes);
  [[nodiscard]] testing::AssertionResult shutdown();  // close_notify; receiving goes on
  [[nodiscard]] testing::AssertionResult close();     // close_notify, then the end of the socket's stream

  // receive gives so many bytes, or fewer if the stream ended or broke before.
  [[nodiscard]] std::string receive(std::size_t bytes);
  // receive_until gives what came up to and with a text, or what there was.
  [[nodiscard]] std::string receive_until(std::string_view text);
  // receive_all gives everything up to the end; how it ended is in ended_well() and error().
  [[nodiscard]] std::string receive_all();
  [[nodiscard]] bool ended_well() const noexcept { return saw_eof_; }

  // fail runs a handshake that must fail or, where the peer's refusal comes after it (TLS 1.3), the recv
  // after it, and gives the error. One whose code is zero is no failure.
  [[nodiscard]] stls::error fail();

  // hang_up ends the socket's stream without a word of TLS, and waits until the peer has ended its own, so
  // that nothing that is on its way is lost.
  void hang_up();

  [[nodiscard]] const stls::error& error() const { return connection_.last_error(); }
  [[nodiscard]] const stls::conn_info& info() const { return connection_.info(); }

 private:
  testing::AssertionResult did(const char* verb, stls::io_result) const;

  file_descriptor socket_;
  stls::fd wire_;
  stls::connection connection_;
  bool saw_eof_ = false;
};

// raw_connection is a connection without TLS. Its verbs wait, though never for longer than patience.
class raw_connection {
 public:
  explicit raw_connection(const std::string& port);
  explicit raw_connection(int socket);
  void send(std::string_view bytes);
  void end_sending();
  void reset();  // closes it so that the peer sees it break
  // receive gives so many bytes, or fewer if the stream ended or broke before.
  [[nodiscard]] std::string receive(std::size_t bytes);
  // has_come says whether there is anything to receive now, if only an end.
  [[nodiscard]] bool has_come() const;
  // was_reset says whether the connection broke, if receive gave too little, and has_ended whether it ended
  // or broke, and was not only silent for too long.
  [[nodiscard]] bool was_reset() const noexcept { return was_reset_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_ || was_reset_; }

 private:
  std::optional<file_descriptor> socket_;
  bool was_reset_ = false;
  bool has_ended_ = false;
};

// reserved_port is a port that is ours while this exists, and at which another program can listen.
class reserved_port {
 public:
  reserved_port();
  [[nodiscard]] std::string text() const { return std::to_string(port_); }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + text(); }
  [[nodiscard]] std::uint16_t number() const noexcept { return port_; }

 private:
  file_descriptor socket_;
  std::uint16_t port_;
};

// raw_listener is a listening socket at 127.0.0.1.
class raw_listener {
 public:
  raw_listener();
  explicit raw_listener(const reserved_port&);
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  // accept waits until the client has come, and gives its socket.
  [[nodiscard]] int accept(program& client);

 private:
  file_descriptor socket_;
  std::uint16_t port_;
};

// listener is one with a server behind it.
class listener {
 public:
  explicit listener(const stls::options&);
  listener(const stls::options&, const reserved_port&);
  [[nodiscard]] std::string port() const { return raw_.port(); }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + port(); }
  // accept waits until the client has come. The handshake is not done.
  [[nodiscard]] std::unique_ptr<end> accept(program& client);

 private:
  stls::server server_;
  raw_listener raw_;
};

// made_client makes one with a config of its own, and so with sessions of its own.
[[nodiscard]] stls::client made_client(const stls::options&);

// connected gives a socket that is connected to a program, as soon as that listens.
[[nodiscard]] int connected(std::uint16_t port, program&);

// connect makes a client's connection to a program, as soon as that listens. The handshake is not done.
[[nodiscard]] std::unique_ptr<end> connect(std::uint16_t port, program&, const stls::client&,
                                           std::string_view servername = "localhost");
[[nodiscard]] std::unique_ptr<end> connect(const reserved_port&, program&, const stls::options&,
                                           std::string_view servername = "localhost");

// got_alert says whether an error is the receipt of this alert.
[[nodiscard]] testing::AssertionResult got_alert(const stls::error&, int alert);

// alerts, as in RFC 8446 section 6.
inline constexpr int handshake_failure = 40;
inline constexpr int bad_certificate = 42;
inline constexpr int unsupported_certificate = 43;
inline constexpr int certificate_revoked = 44;
inline constexpr int certificate_expired = 45;
inline constexpr int certificate_unknown = 46;
inline constexpr int unknown_ca = 48;
inline constexpr int protocol_version = 70;
inline constexpr int certificate_required = 116;
inline constexpr int no_application_protocol = 120;

}  // namespace interop
