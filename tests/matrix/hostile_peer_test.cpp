// Peers that do not speak TLS, or speak it badly: each has its own clear error, and an alert where TLS has
// one.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/heap.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"
#include "support/seed.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace stls::test {
namespace {

// One end of stls; the test itself is the peer.
class matrix_hostile_peer : public ::testing::TestWithParam<end_case> {
 protected:
  matrix_hostile_peer()
      : mine(GetParam().is_client() ? wire.client : wire.server),
        peer(GetParam().is_client() ? wire.server : wire.client),
        end("end", transport::from(mine)) {
    begin(end, GetParam().end, options_of());
    if (GetParam().is_client()) {
      EXPECT_EQ(end.handshake(), want_read);
      first_flight = peer.arrived();
    }
  }

  static options options_of() {
    const auto both = GetParam().both();
    return GetParam().is_client() ? both.client_options() : both.server_options();
  }

  void expect_refused(std::span<const std::byte> what, errc code, std::string_view sentence) {
    peer.inject(what);
    EXPECT_EQ(end.handshake(), failed);
    EXPECT_TRUE(is_error(end.failure(), code, sentence));
    EXPECT_EQ(end.close(), done);
  }

  [[nodiscard]] std::vector<plain_alert> alerts() { return plain_alerts(peer.arrived()); }

  memory_pair wire;
  pipe_end& mine;
  pipe_end& peer;
  tls_end end;
  bytes first_flight;
};

TEST_P(matrix_hostile_peer, plain_http) {
  const auto text = GetParam().is_client() ? "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                           : "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  peer.inject(to_bytes(text));
  EXPECT_EQ(end.handshake(), failed);
  if (GetParam().is_client()) {
    EXPECT_TRUE(is_error(end.failure(), errc::protocol));
    EXPECT_TRUE(end.failure().message.starts_with("handshake failed: peer does not speak TLS"))
        << end.failure().message;
  } else {
    EXPECT_TRUE(is_error(end.failure(), errc::protocol,
                         "handshake failed: peer does not speak TLS: it sent a plain HTTP request"));
  }
}

TEST_P(matrix_hostile_peer, every_method_of_plain_http) {
  if (GetParam().is_client()) return;
  for (const std::string method : {"GET", "POST", "HEAD", "PUT"}) {
    memory_pair other;
    tls_end another("end", transport::from(other.server));
    begin(another, role::server, options_of());
    other.client.inject(to_bytes(method + " / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(another.handshake(), failed);
    EXPECT_TRUE(is_error(another.failure(), errc::protocol,
                         "handshake failed: peer does not speak TLS: it sent a plain HTTP request"));
  }
}

TEST_P(matrix_hostile_peer, other_plain_protocols) {
  expect_refused(to_bytes("220 mail.example ESMTP ready and waiting\r\n"), errc::protocol,
                 "handshake failed: peer does not speak TLS");
}

TEST_P(matrix_hostile_peer, zeros) {
  peer.inject(bytes(1000));
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
}

TEST_P(matrix_hostile_peer, random_garbage) {
  auto random = dice();
  for (int i = 0; i < 200; ++i) {
    memory_pair other;
    pipe_end& there = GetParam().is_client() ? other.server : other.client;
    tls_end another("end", transport::from(GetParam().is_client() ? other.client : other.server));
    begin(another, GetParam().end, options_of());
    bytes garbage(1 + random() % 600);
    for (auto& byte : garbage) byte = static_cast<std::byte>(random() & 0xffU);
    there.inject(garbage);
    there.finish();
    const auto r = another.handshake();
    EXPECT_EQ(r, failed) << to_hex(garbage);
    EXPECT_TRUE(another.failure() == errc::protocol || another.failure() == errc::truncated ||
                another.failure() == errc::handshake_failed || another.failure() == errc::alert_received)
        << another.failure().message << " of " << to_hex(garbage);
  }
}

TEST_P(matrix_hostile_peer, a_record_that_is_too_long) {
  // 16 KiB and 2048 bytes are the most that TLS 1.2 allows a ciphertext; RFC 8446 section 5.1:
  // record_overflow.
  bytes record = from_hex("16 0303 ffff");
  record.resize(5 + 0xffff);
  wire.client.tap();
  peer.inject(std::span(record).first(20000));
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol, "handshake failed: record too long"));
  EXPECT_EQ(alerts(), (std::vector<plain_alert>{{2, 22}})) << "record_overflow";
}

TEST_P(matrix_hostile_peer, a_record_of_an_unknown_type) {
  peer.inject(from_hex("63 0303 0004 01020304"));
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
}

TEST_P(matrix_hostile_peer, application_data_before_the_handshake) {
  peer.inject(from_hex("17 0303 0004 01020304"));
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
}

TEST_P(matrix_hostile_peer, a_handshake_message_out_of_order) {
  peer.inject(from_hex("16 0303 0004 14000000"));  // Finished
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
  EXPECT_EQ(alerts(), (std::vector<plain_alert>{{2, 10}})) << "unexpected_message";
}

TEST_P(matrix_hostile_peer, a_first_message_of_16_megabytes) {
  peer.inject(from_hex(GetParam().is_client() ? "16 0303 0010 02ffffff 0303 01010101 01010101 0101"
                                              : "16 0301 0010 01ffffff 0303 01010101 01010101 0101"));
  const auto before = heap::in_use();
  if (GetParam().engine->name() == "bearssl") {
    // It works messages off byte by byte, and needs no memory for the whole.
    EXPECT_EQ(end.handshake(), (io_result{0, io_status::want_read}));
  } else {
    EXPECT_EQ(end.handshake(), failed);
    EXPECT_TRUE(is_error(end.failure(), errc::protocol));
  }
  if (heap::counted()) {
    EXPECT_LT(heap::in_use(), before + 1000000) << "memory is not given for what was only announced";
  }
}

TEST_P(matrix_hostile_peer, warnings_without_end) {
  const auto warning = from_hex("15 0303 0002 01 5a");  // user_canceled
  for (int i = 0; i < 1000; ++i) peer.inject(warning);
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
}

TEST_P(matrix_hostile_peer, close_notify_in_the_middle_of_the_handshake) {
  if (!GetParam().is_client()) {
    // Behind a ClientHello: as the first thing of all an alert is an unexpected message.
    memory_pair other;
    tls_end genuine("client", transport::from(other.client));
    begin(genuine, role::client, GetParam().both().client_options());
    EXPECT_EQ(genuine.handshake(), want_read);
    peer.inject(other.server.arrived());
    EXPECT_EQ(end.handshake(), want_read);
  }
  peer.inject(from_hex("15 0303 0002 01 00"));
  peer.finish();
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(
      is_error(end.failure(), errc::eof, "handshake failed: peer ended the connection in the middle of it"));
}

TEST_P(matrix_hostile_peer, empty_records_without_end) {
  const auto empty = from_hex("16 0303 0000");
  for (int i = 0; i < 1000; ++i) peer.inject(empty);
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
}

TEST_P(matrix_hostile_peer, half_a_handshake_and_the_end) {
  // A good first flight of the other role, cut at every length.
  const auto both = GetParam().both();
  tls_link link;
  link.wire.client.tap();
  link.wire.server.tap();
  link.open(both);
  (void)link.client.handshake();
  (void)link.server.handshake();
  const auto whole = GetParam().is_client() ? link.wire.server.sent() : link.wire.client.sent();
  ASSERT_GT(whole.size(), 100U);
  if (GetParam().is_client()) return;  // a server's flight fits its own client only; contract_end cuts that
  for (std::size_t n = 0; n < whole.size(); n += n < 20 ? 1 : 37) {
    memory_pair other;
    tls_end another("end", transport::from(other.server));
    begin(another, role::server, options_of());
    other.client.inject(std::span(whole).first(n));
    EXPECT_EQ(another.handshake(), want_read) << n;
    other.client.finish();
    EXPECT_EQ(another.handshake(), failed) << n;
    EXPECT_TRUE(is_error(another.failure(), errc::truncated,
                         "handshake failed: connection ended in the middle of it"))
        << n;
  }
}

TEST_P(matrix_hostile_peer, a_changed_hello_is_never_a_connection) {
  // Any byte of the client's first flight changed on the way: both ends must fail, or differ in nothing.
  auto random = dice();
  const auto both = GetParam().both();
  const auto client_conf = made(both.client_options());
  const auto server_conf = made(both.server_options());
  for (int i = 0; i < 100; ++i) {
    tls_link link;
    link.open(client_conf, server_conf);
    (void)link.client.handshake();
    auto hello = link.wire.server.arrived();
    const auto at = random() % hello.size();
    hello[at] ^= static_cast<std::byte>(1U << random() % 8);
    link.wire.client.inject(hello);
    actor a(link.client);
    actor b(link.server);
    a.handshake();
    b.handshake();
    (void)drive(a, b);
    // The record's own version (bytes 1 and 2) is not covered by anything (RFC 8446 section 5.1).
    if (at == 1 || at == 2) continue;
    EXPECT_FALSE(a.done() && b.done()) << "byte " << at;
  }
}

TEST_P(matrix_hostile_peer, nothing_stays_on_the_heap) {
  if (!heap::counted()) return;  // the sanitizer watches it
  const auto conf = made(options_of());
  const auto once = [&] {
    memory_pair other;
    pipe_end& there = GetParam().is_client() ? other.server : other.client;
    tls_end another("end", transport::from(GetParam().is_client() ? other.client : other.server));
    begin(another, GetParam().end, conf);
    there.inject(to_bytes("220 mail.example ESMTP ready and waiting\r\n"));
    (void)another.handshake();
  };
  once();
  once();
  const auto before = heap::in_use();
  for (int i = 0; i < 10; ++i) once();
  EXPECT_EQ(heap::in_use(), before);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_hostile_peer, ::testing::ValuesIn(end_cases()), end_name);

}  // namespace
}  // namespace stls::test
