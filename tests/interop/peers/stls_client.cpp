// links: stls::stls
//
// A client of stls that makes one connection to one of the servers here, and prints what both sides say of
// it:
//
//   full, full
//   resumed, resumed
//
// Words: port, protocols, ca (a file), engine; session (a file with an exported session to resume), save (a
// file to export the session to), stapling (require). What went wrong is on standard error, and the exit
// status 1.
#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <stls/stls.hpp>
#include <string>
#include <utility>

#include "serve.hpp"
#include "tcp.hpp"
#include "words.hpp"

namespace {

template <class T>
T must(stls::result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

void check(const stls::connection& conn, stls::io_result r) {
  if (r.wants()) throw std::runtime_error("timed out");
  if (r.status == stls::io_status::error) throw std::runtime_error(conn.last_error().message);
}

void save(stls::connection& conn, const std::string& path) {
  const auto session = must(conn.export_session());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(session.data()), static_cast<std::streamsize>(session.size()));
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
}

void visit(const words& given) {
  const auto client = must(
      stls::client::make(must(stls::config::make({.ca = stls::pem::file(given["ca"]),
                                                  .protocols = given["protocols"],
                                                  .ocsp_require_stapling = given["stapling"] == "require",
                                                  .engine = given["engine"]}))));
  const descriptor socket = tcp_connect("127.0.0.1", given["port"]);
  set_patience(socket, patience);
  stls::fd wire(socket.get());
  const std::string session = given["session"].empty() ? "" : read_file(given["session"]);
  auto conn =
      must(client.connect("localhost", stls::transport::from(wire), std::as_bytes(std::span(session))));
  check(conn, conn.handshake());
  std::string word;
  std::array<char, 100> buffer{};
  for (;;) {
    const stls::io_result r = conn.recv(std::as_writable_bytes(std::span(buffer)));
    check(conn, r);
    if (r.status == stls::io_status::eof) break;
    word.append(buffer.data(), r.bytes);
  }
  if (!given["save"].empty()) save(conn, given["save"]);
  check(conn, conn.close());
  print_line(std::string(word_of(conn.info().resumed)) + ", " + word);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    visit(words(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
