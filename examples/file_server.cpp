// file_server sends the files of a directory over TLS, with blocking sockets:
//
//   file_server --listen 127.0.0.1:4433 --cert server.pem --key server.key DIRECTORY
//
// A client sends a name and a newline, and gets the file and the end of the stream (close_notify). Where the
// file cannot be sent whole that end is missing, which no client can overlook. With --ca, only clients with a
// certificate from those roots are served. One client at a time keeps this short.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <stls/stls.hpp>
#include <string>
#include <string_view>

#include "pem_file.hpp"
#include "server_arguments.hpp"
#include "tcp.hpp"

namespace {

constexpr int patience = 10;               // seconds without a byte, then the next client has its turn
constexpr std::size_t longest_name = 255;  // NAME_MAX

// check throws unless a verb did its work. A blocking socket answers a want only when its patience is at an
// end.
void check(const stls::connection& conn, stls::io_result r) {
  if (r.wants()) throw std::runtime_error("timed out");
  if (r.status == stls::io_status::error) throw std::runtime_error(conn.last_error().message);
}

std::string receive_line(stls::connection& conn) {
  std::string line;
  std::array<char, longest_name + 1> buffer;
  while (line.size() <= longest_name) {
    const stls::io_result r = conn.recv(std::as_writable_bytes(std::span(buffer)));
    check(conn, r);
    if (r.status == stls::io_status::eof) break;
    line.append(buffer.data(), r.bytes);
    if (const auto end = line.find('\n'); end != line.npos) return line.substr(0, end);
  }
  throw std::runtime_error("it did not send a name");
}

// open_file opens a file of the directory itself: nothing above or below it, nothing through a link, no pipe.
descriptor open_file(const descriptor& directory, const std::string& name) {
  using namespace std::string_view_literals;
  if (name.find_first_of("/\0"sv) != name.npos) throw std::runtime_error("it asked for a path, not a name");
  descriptor file(::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) throw_errno("open");
  if (!S_ISREG(status.st_mode)) throw std::runtime_error("it asked for what is not a file");
  return file;
}

void send_file(stls::connection& conn, const descriptor& file) {
  std::array<std::byte, 64 * 1024> buffer;
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) throw_errno("read");
    if (got == 0) return;
    for (auto left = std::span(buffer).first(static_cast<std::size_t>(got)); !left.empty();) {
      const stls::io_result r = conn.send(left);
      check(conn, r);
      left = left.subspan(r.bytes);  // send may take fewer bytes than it is offered
    }
  }
}

void serve(const stls::server& server, const descriptor& socket, const descriptor& directory) {
  set_patience(socket, patience);
  stls::fd wire(socket.get());
  auto conn = server.accept(stls::transport::from(wire));
  if (!conn) throw std::runtime_error(conn.error().message);

  send_file(*conn, open_file(directory, receive_line(*conn)));  // the first recv does the handshake
  check(*conn, conn->close());                                  // close_notify: that was the whole file
  finish_sending(socket);
}

void run(const server_arguments& args) {
  const auto conf = stls::config::make({.alpn = "file/1",
                                        .ca = pem_file(args.ca),
                                        .cert = pem_file(args.cert),
                                        .key = pem_file(args.key),
                                        .verify_client = !args.ca.empty(),
                                        .engine = args.engine});
  if (!conf) throw std::runtime_error(conf.error().message);
  const auto server = stls::server::make(*conf);
  if (!server) throw std::runtime_error(server.error().message);
  const descriptor directory(::open(args.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) throw_errno(args.directory);

  const descriptor listener = tcp_listen(args.host, args.port);
  std::printf("listening on port %d\n", tcp_port(listener));
  if (std::fflush(stdout) != 0) throw_errno("standard output");
  for (;;) {
    const descriptor socket = tcp_accept(listener);
    try {
      serve(*server, socket, directory);
    } catch (const std::exception& e) {  // one bad client does not end the server
      std::fprintf(stderr, "file_server: a client was not served: %s\n", e.what());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse_arguments(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "file_server: %s\n", e.what());
    return 1;
  }
}
