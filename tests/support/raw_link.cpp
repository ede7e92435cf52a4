#include "support/raw_link.hpp"

#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace stls::test {
namespace {

role other(role r) noexcept { return r == role::client ? role::server : role::client; }

raw_options turned(raw_options raw, role end) {
  raw.end = other(end);
  return raw;
}

}  // namespace

void begin(tls_end& end, role r, const config& conf, std::string_view servername) {
  if (r == role::client) {
    const auto connector = client::make(conf);
    ASSERT_TRUE(succeeded(connector));
    end.adopt(connector->connect(servername, end.io()));
  } else {
    const auto acceptor = server::make(conf);
    ASSERT_TRUE(succeeded(acceptor));
    end.adopt(acceptor->accept(end.io()));
  }
}

void begin(tls_end& end, role r, const options& opt, std::string_view servername) {
  begin(end, r, made(opt), servername);
}

raw_link::raw_link(role r, const options& opt, raw_options raw, pace p, std::string_view servername)
    : end(r == role::client ? "client" : "server", transport::from(wire_of(r)), p,
          [this, r] { wire_of(r).close(); }),
      peer(wire_of(other(r)), turned(std::move(raw), r)) {
  begin(end, r, opt, servername);
}

}  // namespace stls::test
