// file_client fetches a file from file_server over a verified TLS connection, with a blocking socket:
//
//   file_client --ca ca.pem --output copy.bin localhost 4433 big.bin
//
// The whole protocol: the client sends the name and a newline; the server sends the file and ends the stream.
// Exit status: 0, the file is here, whole; 1, it is not, and standard error says why; 2, wrong usage.
#include <array>
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

constexpr int patience = 20;  // seconds

// check throws unless a verb did its work. A blocking socket answers a want only when its patience is at an
// end.
void check(const stls::connection& conn, stls::io_result r) {
  if (r.wants()) throw std::runtime_error("timed out");
  if (r.status == stls::io_status::error) throw std::runtime_error(conn.last_error().message);
}

// send_all goes on until the last byte is sent: send may take fewer than it is offered.
void send_all(stls::connection& conn, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const stls::io_result r = conn.send(bytes);
    check(conn, r);
    bytes = bytes.subspan(r.bytes);
  }
}

// receive_all writes what comes until the server ends the stream. A connection that just breaks, or is cut,
// is not such an end: that is an error (errc::truncated), so no half file is ever taken for a whole one.
void receive_all(stls::connection& conn, std::ostream& out) {
  std::array<std::byte, 64 * 1024> buffer;
  for (;;) {
    const stls::io_result r = conn.recv(buffer);
    check(conn, r);
    if (r.status == stls::io_status::eof) break;
    out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(r.bytes));
  }
  if (!out.flush()) throw std::runtime_error("the output cannot be written");
}

void fetch(const client_arguments& args, std::ostream& out) {
  // Chain, name and validity of the server's certificate are verified without being asked for.
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

  const descriptor socket = tcp_connect(args.host, args.port);
  set_patience(socket, patience);
  stls::fd wire(socket.get());
  auto conn = client->connect(args.servername, stls::transport::from(wire), read_session(args.session));
  if (!conn) throw std::runtime_error(conn.error().message);

  // send would do the handshake as well; done here, what was negotiated can be shown before anything is sent.
  check(*conn, conn->handshake());
  if (args.verbose) print_info(conn->info());

  const std::string request = args.name + "\n";
  send_all(*conn, std::as_bytes(std::span(request)));
  receive_all(*conn, out);
  check(*conn, conn->close());
  keep_session(*conn, args.session);
}

}  // namespace

int main(int argc, char** argv) { return client_main("file_client", argc, argv, fetch); }
