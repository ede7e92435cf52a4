// links: stls::stls
//
// A server of stls. Words of its own: engine, ciphers, staple (a file).
#include <chrono>
#include <span>
#include <stdexcept>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "serve.hpp"

namespace {

template <class T>
T must(stls::result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

class stls_server {
 public:
  explicit stls_server(const words& given) {
    stls::options options{.cert = stls::pem::file(given["cert"]),
                          .key = stls::pem::file(given["key"]),
                          .ciphers = given["ciphers"],
                          .protocols = given["protocols"],
                          .session_id = given["session_id"],
                          .session_lifetime = std::chrono::seconds(given.number("lifetime")),
                          .engine = given["engine"]};
    // Not given to an engine without tickets.
    if (!given["keyrev"].empty())
      options.ticket_keys = {{.keyrev = given.number("keyrev"), .key = given.bytes("ticket_key")}};
    if (!given["staple"].empty()) options.ocsp_staple = stls::material::file(given["staple"]);
    server_ = must(stls::server::make(must(stls::config::make(options))));
  }

  bool meet(int socket) {
    stls::fd wire(socket);
    stls::connection conn = must(server_.accept(stls::transport::from(wire)));
    check(conn, conn.handshake());
    const bool resumed = conn.info().resumed;
    const std::string_view word = word_of(resumed);
    check(conn, conn.send(std::as_bytes(std::span(word))));
    check(conn, conn.close());
    return resumed;
  }

 private:
  static void check(const stls::connection& conn, stls::io_result r) {
    if (r.wants()) throw std::runtime_error("timed out");
    if (!r.ok()) throw std::runtime_error(conn.last_error().message);
  }

  stls::server server_;
};

}  // namespace

int main(int argc, char** argv) { return serve<stls_server>(argc, argv); }
