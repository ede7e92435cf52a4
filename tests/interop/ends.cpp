#include "interop/ends.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <stdexcept>
#include <system_error>

namespace interop {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

template <class T>
T must(stls::result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

int new_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) throw_errno("socket");
  return socket;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Binds to a port of the system's choice, and gives it.
std::uint16_t bind_any(int socket) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) throw_errno("bind");
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw_errno("getsockname");
  return ntohs(address.sin_port);
}

int patient(int socket) {
  const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
  if (::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
    throw_errno("setsockopt");
  }
  return socket;
}

}  // namespace

std::string pki(std::string_view file) { return std::string(STLS_TEST_PKI_DIR) + "/" + std::string(file); }
stls::pem pki_file(std::string_view file) { return stls::pem::file(pki(file)); }

stls::keypair pki_pair(std::string_view name) {
  return {.cert = pki_file(std::string(name) + ".pem"), .key = pki_file(std::string(name) + ".key")};
}

std::string payload(std::size_t size, unsigned seed) {
  std::string text;
  text.reserve(size + 16);
  for (unsigned line = 1; text.size() < size; ++line)
    text += std::to_string(seed) + "." + std::to_string(line) + "\n";
  text.resize(size);
  if (size > 0) text.back() = '\n';
  return text;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() & 0xff);
  return bytes;
}

temporary_directory::temporary_directory() : path_(testing::TempDir() + "stls-interop-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw_errno(path_);
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string temporary_directory::write(std::string_view name, std::string_view content) const {
  std::string path = path_ + "/" + std::string(name);
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string kind::protocols() const { return is_1_3() ? "tlsv1.3" : "tlsv1.2"; }

stls::options kind::client() const {
  return {.ca = pki_file("ca.pem"), .protocols = protocols(), .engine = engine};
}

stls::options kind::server(std::string_view pair) const {
  const stls::keypair shown = pki_pair(pair);
  return {.cert = shown.cert, .key = shown.key, .protocols = protocols(), .engine = engine};
}

std::vector<kind> all_kinds() {
  std::vector<kind> all;
  for (const stls::provider* p : stls::providers()) {
    if (p->capabilities().tls1_2) all.push_back({std::string(p->name()), "TLSv1.2"});
    if (p->capabilities().tls1_3) all.push_back({std::string(p->name()), "TLSv1.3"});
  }
  return all;
}

std::vector<kind> kinds_of(std::string_view version) {
  std::vector<kind> kinds = all_kinds();
  std::erase_if(kinds, [&](const kind& k) { return k.version != version; });
  return kinds;
}

std::string name_of(const testing::TestParamInfo<kind>& info) {
  return info.param.engine + (info.param.is_1_3() ? "_TLS13" : "_TLS12");
}

void uses_programs::need(const char* program_name, const char* package) {
  if (find_program(program_name).empty()) {
    GTEST_SKIP() << "there is no program " << program_name << " here; it is in Debian's package " << package;
  }
}

file_descriptor::~file_descriptor() { ::close(fd_); }

end::end(int socket, const stls::server& server)
    : socket_(patient(socket)),
      wire_(socket),
      connection_(must(server.accept(stls::transport::from(wire_)))) {}

end::end(int socket, const stls::client& client, std::string_view servername)
    : socket_(patient(socket)),
      wire_(socket),
      connection_(must(client.connect(servername, stls::transport::from(wire_)))) {}

testing::AssertionResult end::did(const char* verb, stls::io_result r) const {
  if (r.wants()) return testing::AssertionFailure() << verb << ": nothing happened for too long";
  if (!r.ok()) return testing::AssertionFailure() << verb << ": " << connection_.last_error();
  return testing::AssertionSuccess();
}

testing::AssertionResult end::handshake() { return did("handshake", connection_.handshake()); }

testing::AssertionResult end::send(std::string_view bytes) {
  auto left = std::as_bytes(std::span(bytes));
  while (!left.empty()) {
    const stls::io_result r = connection_.send(left);
    if (!r.ok()) return did("send", r);
    left = left.subspan(r.bytes);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult end::shutdown() { return did("shutdown", connection_.shutdown()); }

testing::AssertionResult end::close() {
  auto result = did("close", connection_.close());
  hang_up();
  return result;
}

std::string end::receive(std::size_t bytes) {
  std::string got;
  std::array<char, 10'000> buffer;  // not a multiple of anything in TLS
  while (got.size() < bytes) {
    const std::size_t room = std::min(buffer.size(), bytes - got.size());
    const stls::io_result r = connection_.recv(std::as_writable_bytes(std::span(buffer).first(room)));
    saw_eof_ = r.status == stls::io_status::eof;
    if (!r.ok()) break;
    got.append(buffer.data(), r.bytes);
  }
  return got;
}

std::string end::receive_until(std::string_view text) {
  std::string got;
  while (got.find(text) == got.npos) {
    const std::string next = receive(1);
    if (next.empty()) break;
    got += next;
  }
  return got;
}

std::string end::receive_all() { return receive(std::string::npos); }

stls::error end::fail() {
  if (connection_.handshake().ok()) (void)receive(1);
  return connection_.last_error();
}

void end::hang_up() {
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return;  // the peer is gone
  std::array<char, 1000> ignored;
  while (::read(socket_.get(), ignored.data(), ignored.size()) > 0) {
  }
}

raw_listener::raw_listener() : socket_(new_socket()), port_(bind_any(socket_.get())) {
  if (::listen(socket_.get(), 10) != 0) throw_errno("listen");
}

raw_listener::raw_listener(const reserved_port& port) : socket_(new_socket()), port_(port.number()) {
  const int on = 1;
  const sockaddr_in address = loopback(port_);
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) throw_errno("setsockopt");
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw_errno("bind");
  if (::listen(socket_.get(), 10) != 0) throw_errno("listen");
}

int raw_listener::accept(program& client) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  pollfd waiting{socket_.get(), POLLIN, 0};
  while (::poll(&waiting, 1, 100) != 1) {
    if (client.ends_within(std::chrono::milliseconds(0)) && ::poll(&waiting, 1, 0) != 1) {
      throw std::runtime_error("the client ended before it came; " + client.everything());
    }
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the client did not come");
  }
  const int accepted = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) throw_errno("accept");
  return accepted;
}

listener::listener(const stls::options& options)
    : server_(must(stls::server::make(must(stls::config::make(options))))) {}

listener::listener(const stls::options& options, const reserved_port& port)
    : server_(must(stls::server::make(must(stls::config::make(options))))), raw_(port) {}

std::unique_ptr<end> listener::accept(program& client) {
  return std::make_unique<end>(raw_.accept(client), server_);
}

// The socket is bound but does not listen: that keeps the port from others, and SO_REUSEADDR, which servers
// set too, lets the program that we start listen there.
reserved_port::reserved_port() : socket_(new_socket()), port_(0) {
  const int on = 1;
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) throw_errno("setsockopt");
  port_ = bind_any(socket_.get());
}

stls::client made_client(const stls::options& options) {
  return must(stls::client::make(must(stls::config::make(options))));
}

std::unique_ptr<end> connect(const reserved_port& port, program& peer, const stls::options& options,
                             std::string_view servername) {
  return connect(port.number(), peer, made_client(options), servername);
}

int connected(std::uint16_t port, program& peer) {
  const sockaddr_in address = loopback(port);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const int socket = new_socket();
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    const int reason = errno;
    ::close(socket);
    if (reason != ECONNREFUSED) throw std::system_error(reason, std::generic_category(), "connect");
    if (peer.ends_within(std::chrono::milliseconds(5))) {
      throw std::runtime_error("the server ended before it listened; " + peer.everything());
    }
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the server does not listen");
  }
}

std::unique_ptr<end> connect(std::uint16_t port, program& peer, const stls::client& client,
                             std::string_view servername) {
  return std::make_unique<end>(connected(port, peer), client, servername);
}

raw_connection::raw_connection(int socket) : socket_(std::in_place, patient(socket)) {}

raw_connection::raw_connection(const std::string& port) : raw_connection(new_socket()) {
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::stoi(port)));
  if (::connect(socket_->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw_errno("connect");
}

void raw_connection::send(std::string_view bytes) {
  if (::send(socket_->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(bytes.size())) {
    throw_errno("send");
  }
}

void raw_connection::end_sending() {
  if (::shutdown(socket_->get(), SHUT_WR) != 0) throw_errno("shutdown");
}

void raw_connection::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  if (::setsockopt(socket_->get(), SOL_SOCKET, SO_LINGER, &now, sizeof now) != 0) throw_errno("setsockopt");
  socket_.reset();
}

bool raw_connection::has_come() const {
  pollfd readable{socket_->get(), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 1;
}

std::string raw_connection::receive(std::size_t bytes) {
  std::string got;
  std::array<char, 10'000> buffer;
  while (got.size() < bytes) {
    const ssize_t n = ::recv(socket_->get(), buffer.data(), std::min(buffer.size(), bytes - got.size()), 0);
    was_reset_ = n < 0 && errno == ECONNRESET;
    has_ended_ = n == 0;
    if (n <= 0) break;
    got.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return got;
}

testing::AssertionResult got_alert(const stls::error& error, int alert) {
  if (error == stls::errc::alert_received && error.alert == alert) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "alert " << alert << " was expected, but this came: "
                                     << (error.code ? error.message : "no error") << " (alert " << error.alert
                                     << ")";
}

}  // namespace interop
