// poll_client does what file_client does, with a non-blocking socket and poll(2). It shows wants: how a verb
// that cannot go on says what it waits for.
//
//   poll_client --ca ca.pem --output copy.bin localhost 4433 big.bin
//
// Exit status: 0, the file is here, whole; 1, it is not, and standard error says why; 2, wrong usage.
#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <span>
#include <stdexcept>
#include <stls/stls.hpp>
#include <string>

#include "client_arguments.hpp"
#include "client_main.hpp"
#include "pem_file.hpp"
#include "print_info.hpp"
#include "session_file.hpp"
#include "tcp.hpp"

namespace {

constexpr int patience = 20'000;  // milliseconds

// wait_for sleeps until the socket is ready for what a verb wanted. The verb's own name says nothing about
// that: recv may want to write, and send to read.
void wait_for(int socket, stls::io_status want) {
  pollfd waiting{.fd = socket,
                 .events = want == stls::io_status::want_read ? short{POLLIN} : short{POLLOUT},
                 .revents = 0};
  const int ready = ::poll(&waiting, 1, patience);
  if (ready == 0) throw std::runtime_error("timed out");
  if (ready < 0 && errno != EINTR) throw_errno("poll");
  // After EINTR, or an error on the socket, the verb is repeated as well: it wants again, or says what is
  // wrong.
}

// finish repeats a verb for as long as it wants something. It must be the same verb with the same bytes;
// nothing was lost by the attempt before. A program with many connections would go and serve the others here.
template <class Verb>
stls::io_result finish(int socket, const stls::connection& conn, Verb verb) {
  for (;;) {
    const stls::io_result r = verb();
    if (r.status == stls::io_status::error) throw std::runtime_error(conn.last_error().message);
    if (!r.wants()) return r;
    wait_for(socket, r.status);
  }
}

void fetch(const client_arguments& args, std::ostream& out) {
  const auto conf = stls::config::make({.alpn = "file/1",
                                        .ca = pem_file(args.ca),
                                        .cert = pem_file(args.cert),
                                        .key = pem_file(args.key),
                                        .crl = pem_file(args.crl),
                                        .protocols = args.protocols,
                                        .engine = args.engine});
  if (!conf) throw std::runtime_error(conf.error().message);
  const auto client = stls::client::make(*conf);
  if (!client) throw std::runtime_error(client.error().message);

  const descriptor tcp = tcp_connect(args.host, args.port);
  const int socket = tcp.get();
  if (::fcntl(socket, F_SETFL, O_NONBLOCK) != 0) throw_errno("fcntl");
  stls::fd wire(socket);
  auto conn = client->connect(args.servername, stls::transport::from(wire), read_session(args.session));
  if (!conn) throw std::runtime_error(conn.error().message);

  (void)finish(socket, *conn, [&] { return conn->handshake(); });
  if (args.verbose) print_info(conn->info());

  const std::string request = args.name + "\n";
  for (auto left = std::as_bytes(std::span(request)); !left.empty();) {
    const stls::io_result r = finish(socket, *conn, [&] { return conn->send(left); });
    left = left.subspan(r.bytes);
  }

  std::array<std::byte, 64 * 1024> buffer;
  for (;;) {
    const stls::io_result r = finish(socket, *conn, [&] { return conn->recv(buffer); });
    if (r.status == stls::io_status::eof) break;
    out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(r.bytes));
  }
  if (!out.flush()) throw std::runtime_error("the output cannot be written");
  (void)finish(socket, *conn, [&] { return conn->close(); });
  keep_session(*conn, args.session);
}

}  // namespace

int main(int argc, char** argv) { return client_main("poll_client", argc, argv, fetch); }
