#include "kit/setup.hpp"

#include "kit/fixed_random.hpp"
#include "kit/require.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"

#include <stls/buffered.hpp>
#include <stls/config.hpp>
#include <stls/options.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace stls::fuzz {
namespace {

namespace pki = test::pki;

template <class T>
T good(result<T> made) {
  if (!made) require(false, made.error().message);
  return std::move(*made);
}

options common(std::uint8_t bits) {
  options opt;
  opt.protocols = (bits & setup::tls1_2) != 0 ? "tlsv1.2" : "tlsv1.3";
  opt.ca = pki::file("ca.pem");
  return opt;
}

options of_client(std::uint8_t bits) {
  options opt = common(bits);
  opt.alpn = "h2,http/1.1";
  if ((bits & setup::client_certificate) != 0) pki::present(opt, "client");
  return opt;
}

options of_server(std::uint8_t bits) {
  options opt = common(bits);
  opt.alpn = "h2";
  pki::present(opt, "server");
  opt.verify_client = (bits & setup::client_certificate) != 0;
  opt.ocsp_staple = material::bytes(test::make_ocsp());
  opt.ticket_keys = {{.keyrev = 1, .key = std::string(48, 'k')}};
  opt.session_lifetime = std::chrono::hours(24 * 7);
  return opt;
}

// A session comes to the client with what it reads after the handshake, at the latest.
bytes session_of(const client& from, const server& to) {
  buffered there;
  buffered here;
  connection mine = good(from.connect("localhost", transport::from(here)));
  connection other = good(to.accept(transport::from(there)));
  std::array<std::byte, 16> room{};
  for (int i = 0; i < 10; ++i) {
    (void)mine.recv(room);
    there.feed(here.output());
    here.drain(here.output().size());
    (void)other.recv(room);
    here.feed(there.output());
    there.drain(there.output().size());
  }
  return good(mine.export_session());
}

}  // namespace

setup::setup(std::uint8_t bits) : resumes_((bits & resumed) != 0) {
  options opt = of_client(bits);
  with_sessions_ = good(client::make(good(config::make(opt))));
  opt.sessions = 0;
  client_ = good(client::make(good(config::make(opt))));
  server_ = good(server::make(good(config::make(of_server(bits)))));
  session_ = session_of(with_sessions_, server_);
}

const setup& setup::chosen_by(std::uint8_t bits) {
  static const auto all = [] {
    fix_random();
    std::array<std::unique_ptr<const setup>, 8> made;
    for (std::uint8_t i = 0; i < made.size(); ++i) made.at(i) = std::make_unique<const setup>(i);
    return made;
  }();
  restart_random();
  return *all.at(bits % all.size());
}

result<connection> setup::connect(transport t) const {
  return resumes_ ? connect(t, session_) : client_.connect("localhost", t);
}

result<connection> setup::connect(transport t, std::span<const std::byte> session) const {
  return with_sessions_.connect("localhost", t, session);
}

result<connection> setup::accept(transport t) const { return server_.accept(t); }

}  // namespace stls::fuzz
