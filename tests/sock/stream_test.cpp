// stream: what a stream of Asio shall do, whatever is below it, and what TLS makes of it.
#include "sock/as_tuple.hpp"
#include "sock/kit/key_updates.hpp"
#include "sock/kit/raw_end.hpp"
#include "sock/kit/stream_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/seed.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <stls/sock/stream.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace stls::test {
namespace {

using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

template <class Stream>
asio::awaitable<std::error_code> write_all(Stream& s, const bytes& from) {
  const auto [e, n] = co_await asio::async_write(s, asio::buffer(from), no_throw);
  EXPECT_TRUE(e || n == from.size());
  co_return e;
}

// How the peer's stream ended, after what it sent.
template <class Stream>
asio::awaitable<std::error_code> read_to_end(Stream& s, bytes& into) {
  bytes room(20000);
  for (;;) {
    const auto [e, n] = co_await s.async_read_some(asio::buffer(room), no_throw);
    append(into, std::span(room).first(n));
    if (e) co_return e;
  }
}

template <class Stream>
asio::awaitable<std::error_code> shut_down(Stream& s) {
  const auto [e] = co_await s.async_shutdown(no_throw);
  co_return e;
}

template <class Stream>
asio::awaitable<std::error_code> shake_hands(Stream& s) {
  const auto [e] = co_await s.async_handshake(no_throw);
  co_return e;
}

// Writes in one coroutine while another one reads; both have ended when it returns.
template <class Stream>
asio::awaitable<void> both_ways(loop& in, Stream& s, const bytes& out, const bytes& expected) {
  bool written = false;
  in.spawn([](Stream& of, const bytes& all, bool& told) -> asio::awaitable<void> {
    EXPECT_EQ(co_await write_all(of, all), std::error_code());
    told = true;
  }(s, out, written));
  bytes got(expected.size());
  const auto [e, n] = co_await asio::async_read(s, asio::buffer(got), no_throw);
  EXPECT_EQ(e, std::error_code());
  EXPECT_EQ(n, expected.size());
  EXPECT_EQ(difference(got, expected), "");
  while (!written) co_await later();
}

class sock_stream : public ::testing::TestWithParam<engine_case> {
 protected:
  stream_pair pair{GetParam()};
};

TEST_P(sock_stream, carries_lines_and_ends_in_order) {
  pair.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        EXPECT_EQ(s.info().version, GetParam().version_name());
        EXPECT_EQ(s.info().servername, "localhost");
        EXPECT_EQ(co_await write_all(s, to_bytes("one line\nand ")), std::error_code());
        EXPECT_EQ(co_await write_all(s, to_bytes("another\n")), std::error_code());
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        std::string text;
        for (const std::string expected : {"one line\n", "and another\n"}) {
          const auto [e, n] = co_await asio::async_read_until(s, asio::dynamic_buffer(text), '\n', no_throw);
          EXPECT_EQ(e, std::error_code());
          EXPECT_EQ(text.substr(0, n), expected);
          text.erase(0, n);
        }
        bytes rest;
        EXPECT_EQ(co_await read_to_end(s, rest), asio::error::eof);
        EXPECT_EQ(co_await read_to_end(s, rest), asio::error::eof);  // again and again
        EXPECT_TRUE(rest.empty() && text.empty());
      });
}

TEST_P(sock_stream, handshakes_in_the_verbs_that_need_it_whichever_comes_first) {
  const bytes upstream = pattern(3000, 1);
  const bytes downstream = pattern(3000, 2);
  pair.chops = 7;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in, s, upstream, downstream);
        EXPECT_EQ(co_await shake_hands(s), std::error_code());  // done already is no error
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in, s, downstream, upstream);
      });
}

TEST_P(sock_stream, carries_bulk_both_ways_through_small_buffers) {
  const bytes upstream = pattern(1000000, 1);
  const bytes downstream = pattern(1000000, 2);
  pair.tight = true;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in, s, upstream, downstream);
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        co_await both_ways(pair.in, s, downstream, upstream);
      });
}

TEST_P(sock_stream, carries_what_comes_in_pieces) {
  const bytes upstream = pattern(40000, 1);
  pair.chops = 11;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await write_all(s, upstream), std::error_code());
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_EQ(co_await read_to_end(s, all), asio::error::eof);
        EXPECT_EQ(difference(all, upstream), "");
      });
}

// Many small buffers are one record and one write below, not one each.
TEST_P(sock_stream, puts_small_buffers_into_one_record) {
  std::vector<asio::const_buffer> parts;
  const bytes text = pattern(50 * 20);
  for (std::size_t i = 0; i < 50; ++i) parts.push_back(asio::buffer(text.data() + i * 20, 20));
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        const auto counts = s.next_layer().counted();
        const std::size_t before = counts->all_writes;
        const auto [e, n] = co_await s.async_write_some(parts, no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(n, text.size());
        EXPECT_EQ(counts->all_writes, before + 1);
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        bytes room(2000);
        const std::array<asio::mutable_buffer, 3> into = {
            asio::buffer(room.data(), 300), asio::mutable_buffer(), asio::buffer(room.data() + 300, 1700)};
        const auto [e, n] = co_await s.async_read_some(into, no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(difference(std::span(room).first(n), text), "");
        bytes rest;
        EXPECT_EQ(co_await read_to_end(s, rest), asio::error::eof);
      });
}

TEST_P(sock_stream, does_nothing_for_no_bytes) {
  pair.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        const auto [e, n] = co_await s.async_write_some(asio::const_buffer(), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(n, 0U);
        const auto [re, rn] = co_await s.async_read_some(asio::mutable_buffer(), no_throw);
        EXPECT_EQ(re, std::error_code());
        EXPECT_EQ(rn, 0U);
        EXPECT_EQ(s.next_layer().counted()->all_writes, 0U);
      },
      [](chopped_stream&) -> asio::awaitable<void> { co_return; });
}

TEST_P(sock_stream, tells_truncation_from_the_end) {
  pair.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        EXPECT_EQ(co_await write_all(s, to_bytes("all but")), std::error_code());
        s.lowest_layer().shutdown(tcp::socket::shutdown_send);
        bytes rest;
        EXPECT_NE(co_await read_to_end(s, rest), asio::error::eof);  // an engine may complain of the end
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_EQ(co_await read_to_end(s, all), errc::truncated);
        EXPECT_EQ(to_text(all), "all but");
        EXPECT_TRUE(is_error(s.last_error(), errc::truncated));
        EXPECT_TRUE(has_style(s.last_error()));
        s.lowest_layer().close();
      });
}

TEST_P(sock_stream, goes_on_receiving_after_a_shutdown_where_the_engine_can) {
  const bool client_can = GetParam().client->capabilities().half_close;
  const bool server_can = GetParam().server->capabilities().half_close;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        EXPECT_EQ(co_await shut_down(s), std::error_code());
        EXPECT_EQ(co_await write_all(s, to_bytes("x")), errc::closed);
        bytes answer;
        if (client_can) {
          const std::error_code end = co_await read_to_end(s, answer);
          EXPECT_TRUE(server_can ? end == asio::error::eof : end == errc::truncated) << end.message();
          EXPECT_EQ(to_text(answer), server_can ? "answer" : "");
        } else {
          EXPECT_EQ(co_await read_to_end(s, answer), errc::closed);
        }
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        bytes none;
        EXPECT_EQ(co_await read_to_end(s, none), asio::error::eof);
        if (server_can) {
          EXPECT_EQ(co_await write_all(s, to_bytes("answer")), std::error_code());
          EXPECT_EQ(co_await shut_down(s), std::error_code());
        }
        s.lowest_layer().close();
      });
}

TEST_P(sock_stream, tells_both_ends_why_a_certificate_is_refused) {
  options strange = GetParam().server_options("untrusted");
  stream_pair other(GetParam().client_options(), strange);
  other.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), errc::certificate_untrusted);
        EXPECT_TRUE(s.last_error().message.starts_with("certificate verification failed: "))
            << s.last_error();
        EXPECT_EQ(co_await write_all(s, to_bytes("x")), errc::certificate_untrusted);  // it is final
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        std::error_code e = co_await shake_hands(s);
        bytes none;
        if (!e) e = co_await read_to_end(s, none);
        EXPECT_EQ(e, errc::alert_received);
      });
}

TEST_P(sock_stream, verifies_the_name) {
  auto [near, far] = connected_sockets(pair.in.context());
  socket_stream one(std::move(near), pair.by_client, "elsewhere.example");
  socket_stream other(std::move(far), pair.by_server);
  pair.in.spawn([](socket_stream& s) -> asio::awaitable<void> {
    EXPECT_EQ(co_await shake_hands(s), errc::certificate_name_mismatch);
  }(one));
  pair.in.spawn([](socket_stream& s) -> asio::awaitable<void> {
    if (!co_await shake_hands(s)) {
      bytes none;
      EXPECT_NE(co_await read_to_end(s, none), std::error_code());
    }
  }(other));
  pair.in.run();
}

TEST_P(sock_stream, refuses_a_second_verb_of_a_kind) {
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        bytes room(10);
        bytes too(10);
        bool read = false;
        const auto reader = [](chopped_stream& of, bytes& into, bool& told) -> asio::awaitable<void> {
          const auto [e, n] = co_await of.async_read_some(asio::buffer(into), no_throw);
          EXPECT_EQ(e, std::error_code());
          EXPECT_EQ(n, 4U);
          told = true;
        };
        pair.in.spawn(reader(s, room, read));
        const auto [e, n] = co_await s.async_read_some(asio::buffer(too), no_throw);
        EXPECT_EQ(e, errc::busy);
        EXPECT_EQ(n, 0U);
        EXPECT_EQ(co_await write_all(s, to_bytes("go")), std::error_code());
        while (!read) co_await later();
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        bytes word(2);
        const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(co_await write_all(s, to_bytes("word")), std::error_code());
      });
}

// -- cancellation

TEST_P(sock_stream, loses_no_byte_of_a_read_that_is_cancelled) {
  constexpr std::size_t pieces = 200;
  constexpr std::size_t piece = 100;
  const bytes sent = pattern(pieces * piece);
  auto random = dice();
  int limit_won = 0;
  const auto turns = [](std::size_t n) -> asio::awaitable<void> {
    for (std::size_t i = 0; i < n; ++i) co_await later();
  };
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < pieces; ++i) {
          const bytes some(sent.begin() + static_cast<std::ptrdiff_t>(i * piece),
                           sent.begin() + static_cast<std::ptrdiff_t>((i + 1) * piece));
          EXPECT_EQ(co_await write_all(s, some), std::error_code());
          co_await turns(i % 7 * 3);
        }
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        bytes all;
        bytes room(70);
        std::error_code e;
        while (!e) {
          // A limit that comes before, after, or together with what is sent.
          auto first = co_await (s.async_read_some(asio::buffer(room), no_throw) || turns(random() % 8));
          if (first.index() == 1) {
            ++limit_won;
            continue;
          }
          e = std::get<0>(std::get<0>(first));
          append(all, std::span(room).first(std::get<1>(std::get<0>(first))));
        }
        EXPECT_EQ(e, asio::error::eof);
        EXPECT_EQ(difference(all, sent), "");
      });
  EXPECT_GT(limit_won, 10);
}

// begin_write writes, and keeps what came of it; the signal cancels it.
struct outcome {
  std::error_code code;
  std::size_t count = 0;
};
template <class Stream>
void begin_write(Stream& s, std::span<const std::byte> from, asio::cancellation_signal& stop,
                 std::optional<outcome>& told) {
  s.async_write_some(asio::buffer(from.data(), from.size()),
                     asio::bind_cancellation_slot(stop.slot(), [&told](std::error_code e, std::size_t n) {
                       told = outcome{e, n};
                     }));
}

TEST_P(sock_stream, sends_what_a_cancelled_write_has_taken_and_nothing_twice) {
  const bytes all = pattern(600000);
  pair.tight = true;
  int cancelled = 0;
  bool may_read = false;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        std::size_t done = 0;
        while (done < all.size()) {
          asio::cancellation_signal stop;
          std::optional<outcome> told;
          begin_write(s, std::span(all).subspan(done), stop, told);
          for (int i = 0; i < 20 && !told; ++i) co_await later();
          const auto type = done % 2 == 0 ? asio::cancellation_type::total : asio::cancellation_type::partial;
          if (!told) stop.emit(type);
          while (!told) co_await later();
          if (told->code) {
            EXPECT_EQ(told->code, asio::error::operation_aborted);
            ++cancelled;
          }
          may_read = true;
          done += told->count;
        }
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        while (!may_read) co_await later();
        bytes got;
        EXPECT_EQ(co_await read_to_end(s, got), asio::error::eof);
        EXPECT_EQ(difference(got, all), "");
      });
  EXPECT_GT(cancelled, 0);
}

TEST_P(sock_stream, goes_on_with_a_handshake_that_was_cancelled) {
  pair.chops = 50;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        int cancelled = 0;
        for (;;) {
          asio::cancellation_signal stop;
          std::optional<std::error_code> told;
          s.async_handshake(
              asio::bind_cancellation_slot(stop.slot(), [&told](std::error_code e) { told = e; }));
          for (int i = 0; i < 3 && !told; ++i) co_await later();
          if (!told) stop.emit(asio::cancellation_type::terminal);
          while (!told) co_await later();
          if (!*told) break;
          EXPECT_EQ(*told, asio::error::operation_aborted);
          ++cancelled;
        }
        EXPECT_GT(cancelled, 0);
        EXPECT_EQ(co_await write_all(s, to_bytes("word")), std::error_code());
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        bytes word(4);
        const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(to_text(word), "word");
      });
}

TEST_P(sock_stream, takes_a_shutdown_that_was_made_already_for_done) {
  pair.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        EXPECT_EQ(co_await shut_down(s), std::error_code());
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        bytes none;
        EXPECT_EQ(co_await read_to_end(s, none), asio::error::eof);
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      });
}

TEST_P(sock_stream, goes_on_with_a_shutdown_that_was_cancelled) {
  const bytes all = pattern(600000);
  pair.tight = true;
  std::size_t taken = 0;
  bool may_read = false;
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        // Until the system takes no more.
        for (bool blocked = false; !blocked;) {
          asio::cancellation_signal stop;
          std::optional<outcome> told;
          begin_write(s, std::span(all).subspan(taken), stop, told);
          for (int i = 0; i < 20 && !told; ++i) co_await later();
          blocked = !told;
          if (!told) stop.emit(asio::cancellation_type::total);
          while (!told) co_await later();
          taken += told->count;
        }
        asio::cancellation_signal stop;
        std::optional<std::error_code> told;
        s.async_shutdown(asio::bind_cancellation_slot(stop.slot(), [&](std::error_code e) { told = e; }));
        co_await later();
        stop.emit(asio::cancellation_type::total);
        while (!told) co_await later();
        EXPECT_EQ(*told, asio::error::operation_aborted);
        may_read = true;
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        while (!may_read) co_await later();
        bytes got;
        EXPECT_EQ(co_await read_to_end(s, got), asio::error::eof);
        EXPECT_EQ(difference(got, std::span(all).first(taken)), "");
      });
}

// -- lifetime

TEST_P(sock_stream, that_is_destroyed_ends_its_verbs) {
  auto [near, far] = connected_sockets(pair.in.context());
  std::optional<socket_stream> s(std::in_place, std::move(near), pair.by_client, "localhost");
  std::error_code read;
  std::error_code written;
  bytes room(10);
  s->async_read_some(asio::buffer(room), [&](std::error_code e, std::size_t) { read = e; });
  s->async_write_some(asio::buffer(room), [&](std::error_code e, std::size_t) { written = e; });
  pair.in.context().poll();
  EXPECT_EQ(read, std::error_code());
  s.reset();
  pair.in.context().restart();
  pair.in.context().run();
  EXPECT_EQ(read, asio::error::operation_aborted);
  EXPECT_EQ(written, asio::error::operation_aborted);
}

TEST_P(sock_stream, may_be_moved_while_its_verbs_run) {
  pair.run(
      [](chopped_stream& s) -> asio::awaitable<void> {
        bytes got(5);
        bool read = false;
        asio::async_read(s, asio::buffer(got), [&](std::error_code e, std::size_t) { read = !e; });
        co_await later();
        chopped_stream other(std::move(s));
        EXPECT_EQ(co_await write_all(other, to_bytes("hello")), std::error_code());
        while (!read) co_await later();
        EXPECT_EQ(to_text(got), "world");
        s = std::move(other);
      },
      [](chopped_stream& s) -> asio::awaitable<void> {
        bytes got(5);
        const auto [e, n] = co_await asio::async_read(s, asio::buffer(got), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(to_text(got), "hello");
        EXPECT_EQ(co_await write_all(s, to_bytes("world")), std::error_code());
      });
}

// -- layers

TEST_P(sock_stream, carries_another_stream) {
  using inner = stream<chopped_stream>;
  const bytes upstream = pattern(100000, 1);
  const bytes downstream = pattern(100000, 2);
  const auto both = [&](inner& s, const bytes& out, const bytes& expected) -> asio::awaitable<void> {
    co_await both_ways(pair.in, s, out, expected);
    EXPECT_EQ(co_await shut_down(s), std::error_code());
    bytes none;
    EXPECT_EQ(co_await read_to_end(s, none), asio::error::eof);
    EXPECT_EQ(co_await shut_down(s.next_layer()), std::error_code());
  };
  const auto can = [](const provider* p) { return p->capabilities().half_close; };
  if (!can(GetParam().client) || !can(GetParam().server))
    GTEST_SKIP() << "the end is told in both directions";
  pair.run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        inner tls(std::move(s), pair.by_client, "localhost");
        co_await both(tls, upstream, downstream);
        EXPECT_EQ(tls.info().version, GetParam().version_name());
      },
      [&](chopped_stream& s) -> asio::awaitable<void> {
        inner tls(std::move(s), pair.by_server);
        co_await both(tls, downstream, upstream);
      });
}

TEST_P(sock_stream, leaves_a_socket_that_it_refers_to) {
  auto [near, far] = connected_sockets(pair.in.context());
  const auto one = [&](tcp::socket& plain) -> asio::awaitable<void> {
    {
      stream<tcp::socket&> s(plain, pair.by_client, "localhost");
      EXPECT_EQ(co_await write_all(s, to_bytes("secret")), std::error_code());
      bytes answer(2);
      const auto [e, n] = co_await asio::async_read(s, asio::buffer(answer), no_throw);
      EXPECT_EQ(e, std::error_code());
    }
    EXPECT_FALSE(co_await write_all(plain, to_bytes("clear")));
  };
  const auto other = [&](tcp::socket& plain) -> asio::awaitable<void> {
    {
      stream<tcp::socket&> s(plain, pair.by_server);
      bytes word(6);
      const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
      EXPECT_EQ(e, std::error_code());
      EXPECT_EQ(to_text(word), "secret");
      EXPECT_EQ(co_await write_all(s, to_bytes("ok")), std::error_code());
    }
    bytes word(5);
    const auto [e, n] = co_await asio::async_read(plain, asio::buffer(word), no_throw);
    EXPECT_FALSE(e);
    EXPECT_EQ(to_text(word), "clear");
  };
  pair.in.spawn(one(near));
  pair.in.spawn(other(far));
  pair.in.run();
}

// What still waited on the socket would take what is said in clear afterwards.
TEST_P(sock_stream, ends_its_verbs_on_a_socket_that_it_refers_to) {
  auto [near, far] = connected_sockets(pair.in.context());
  const auto one = [&](tcp::socket& plain) -> asio::awaitable<void> {
    std::optional<std::error_code> told;
    bytes room(10);
    {
      stream<tcp::socket&> s(plain, pair.by_client, "localhost");
      bytes word(2);
      const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
      EXPECT_EQ(e, std::error_code());
      s.async_read_some(asio::buffer(room), [&](std::error_code failure, std::size_t) { told = failure; });
      co_await later();
      EXPECT_FALSE(told);
    }
    while (!told) co_await later();
    EXPECT_EQ(*told, asio::error::operation_aborted);
    EXPECT_FALSE(co_await write_all(plain, to_bytes("go")));
    bytes word(5);
    const auto [e, n] = co_await asio::async_read(plain, asio::buffer(word), no_throw);
    EXPECT_FALSE(e);
    EXPECT_EQ(to_text(word), "clear");
  };
  const auto other = [&](tcp::socket& plain) -> asio::awaitable<void> {
    {
      stream<tcp::socket&> s(plain, pair.by_server);
      EXPECT_EQ(co_await write_all(s, to_bytes("ok")), std::error_code());
    }
    bytes word(2);
    const auto [e, n] = co_await asio::async_read(plain, asio::buffer(word), no_throw);
    EXPECT_FALSE(e);
    EXPECT_EQ(to_text(word), "go");
    EXPECT_FALSE(co_await write_all(plain, to_bytes("clear")));
  };
  pair.in.spawn(one(near));
  pair.in.spawn(other(far));
  pair.in.run();
}

TEST_P(sock_stream, resumes_a_session_that_was_exported) {
  std::vector<std::byte> session;
  for (const bool again : {false, true}) {
    auto [near, far] = connected_sockets(pair.in.context());
    auto own = client::make(made(GetParam().client_options()));  // with no sessions of its own
    ASSERT_TRUE(succeeded(own));
    socket_stream one(std::move(near), *own, "localhost", session);
    socket_stream other(std::move(far), pair.by_server);
    pair.in.spawn([](socket_stream& s, std::vector<std::byte>& kept, bool expected) -> asio::awaitable<void> {
      bytes got(1);
      const auto [e, n] = co_await asio::async_read(s, asio::buffer(got), no_throw);
      EXPECT_FALSE(e);
      EXPECT_EQ(s.info().resumed, expected);
      if (!expected) {
        auto exported = s.export_session();
        EXPECT_TRUE(succeeded(exported));
        kept = exported.value_or(std::vector<std::byte>());
      }
      EXPECT_EQ(co_await read_to_end(s, got), asio::error::eof);
    }(one, session, again));
    pair.in.spawn([](socket_stream& s) -> asio::awaitable<void> {
      EXPECT_EQ(co_await write_all(s, to_bytes("x")), std::error_code());
      EXPECT_EQ(co_await shut_down(s), std::error_code());
    }(other));
    pair.in.run();
  }
}

INSTANTIATE_TEST_SUITE_P(engines, sock_stream, ::testing::ValuesIn(engine_cases()), case_name);

// A reader answers KeyUpdates while a writer writes, and while none does.
class sock_stream_with_raw_peer : public ::testing::TestWithParam<end_case> {
 protected:
  void SetUp() override {
    if (!GetParam().tls1_3()) GTEST_SKIP() << "KeyUpdate is TLS 1.3's";
  }

  template <class End, class Raw>
  void run(const End& end, const Raw& other) {
    auto [near, far] = connected_sockets(in_.context(), true);
    raw_options raw;
    raw.end = GetParam().is_client() ? role::server : role::client;
    std::optional<chopped_stream> s;
    if (GetParam().is_client()) {
      s.emplace(std::move(near), client::make(made(GetParam().both().client_options())).value(), "localhost");
    } else {
      s.emplace(std::move(near), server::make(made(GetParam().both().server_options())).value());
    }
    raw_end peer(std::move(far), raw);
    in_.spawn(end(*s));
    in_.spawn(other(peer));
    in_.run();
    EXPECT_LE(s->next_layer().counted()->most_writes, 1);
    EXPECT_LE(s->next_layer().counted()->most_reads, 1);
  }

  loop in_;
};

TEST_P(sock_stream_with_raw_peer, a_storm_of_key_updates_in_bulk_both_ways_loses_nothing) {
  const bytes theirs = pattern(storm_size, 1);
  const bytes ours = pattern(storm_size, 2);
  run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        co_await both_ways(in_, s, ours, theirs);
        EXPECT_EQ(co_await shut_down(s), std::error_code());
      },
      [&](raw_end& raw) { return storm(raw, theirs, ours); });
}

TEST_P(sock_stream_with_raw_peer, key_updates_in_silence_are_answered_without_a_writer) {
  run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        bytes word(4);
        const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(to_text(word), "last");
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        ask_in_silence(raw);
        co_await raw.play();
        EXPECT_TRUE(raw.steps().done()) << raw.steps().story();
        raw.hang_up();
      });
}

TEST_P(sock_stream_with_raw_peer, what_a_read_that_brings_data_has_to_answer_is_sent_without_another_verb) {
  bool answered = false;
  run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        bytes word(4);
        const auto [e, n] = co_await asio::async_read(s, asio::buffer(word), no_throw);
        EXPECT_EQ(e, std::error_code());
        EXPECT_EQ(to_text(word), "word");
        while (!answered) co_await later();
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        actor& a = raw.steps();
        a.handshake();
        // libssl answers one when the next comes.
        for (int i = 0; i < 3; ++i) a.then("key_update", [&raw] { return raw.peer().key_update(true); });
        a.send(to_bytes("word"));
        a.then("answer", [&raw] {
          bytes room(1);
          const io_result r = raw.peer().recv(room);
          return raw.peer().key_updates() != 0 ? io_result{0, io_status::ok} : r;
        });
        co_await raw.play();
        EXPECT_TRUE(a.done()) << a.story();
        answered = true;
        raw.hang_up();
      });
}

TEST_P(sock_stream_with_raw_peer, a_read_that_is_cancelled_when_it_brings_data_and_an_answer_loses_nothing) {
  constexpr std::size_t rounds = 100;
  const bytes theirs = pattern(4 * rounds);
  run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        bytes all;
        bytes room(10);
        while (all.size() < theirs.size()) {
          // What is there already is received at once; the cancellation comes before the handler.
          for (int i = 0; i < 50 && s.lowest_layer().available() == 0; ++i) co_await later();
          asio::cancellation_signal stop;
          std::optional<outcome> told;
          s.async_read_some(asio::buffer(room),
                            asio::bind_cancellation_slot(stop.slot(), [&](std::error_code e, std::size_t n) {
                              told = outcome{e, n};
                            }));
          stop.emit(asio::cancellation_type::total);
          while (!told) co_await later();
          if (told->code) {
            EXPECT_EQ(told->code, asio::error::operation_aborted);
            EXPECT_EQ(told->count, 0U);
            continue;
          }
          append(all, std::span(room).first(told->count));
          if (all.size() % 4 != 0) continue;
          EXPECT_EQ(co_await write_all(s, to_bytes("x")),
                    std::error_code());  // the next word is for this one
        }
        EXPECT_EQ(difference(all, theirs), "");
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        actor& a = raw.steps();
        a.handshake();
        for (std::size_t i = 0; i < rounds; ++i) {
          const auto from = theirs.begin() + static_cast<std::ptrdiff_t>(4 * i);
          a.then("key_update", [&raw] { return raw.peer().key_update(true); });
          a.send(bytes(from, from + 4)).recv(1);
        }
        co_await raw.play();
        EXPECT_TRUE(a.done()) << a.story();
        raw.hang_up();
      });
}

// It would have us keep all of our answers.
TEST_P(sock_stream_with_raw_peer, a_flood_of_key_updates_from_a_peer_that_never_reads_is_not_taken) {
  constexpr std::size_t flood = 2'000'000;
  bool flooded = false;
  run(
      [&](chopped_stream& s) -> asio::awaitable<void> {
        EXPECT_EQ(co_await shake_hands(s), std::error_code());
        bytes room(1);
        std::optional<std::error_code> told;
        s.async_read_some(asio::buffer(room), [&](std::error_code e, std::size_t) { told = e; });
        const auto counts = s.next_layer().counted();
        // A read that waits for its answers to go does not read.
        while (!flooded && (counts->reads != 0 || counts->writes == 0)) co_await later();
        EXPECT_FALSE(flooded);
        s.lowest_layer().close();
        while (!told) co_await later();
        EXPECT_NE(*told, std::error_code());
      },
      [&](raw_end& raw) -> asio::awaitable<void> {
        raw.steps().handshake();
        co_await raw.play();
        const std::size_t sent =
            co_await raw.flood([&raw] { EXPECT_TRUE(raw.peer().key_update(true).ok()); }, flood);
        EXPECT_LT(sent, flood);
        flooded = true;
      });
}

INSTANTIATE_TEST_SUITE_P(ends, sock_stream_with_raw_peer, ::testing::ValuesIn(end_cases()), end_name);

// -- other sockets

TEST(sock_stream_of_a_unix_socket, carries_words) {
  using local = asio::local::stream_protocol::socket;
  options opt;
  opt.ca = pki::file("ca.pem");
  options serving;
  pki::present(serving, "server");
  stream_pair of(opt, serving);
  local near(of.in.context());
  local far(of.in.context());
  asio::local::connect_pair(near, far);
  stream<local> one(std::move(near), of.by_client, "localhost");
  stream<local> other(std::move(far), of.by_server);
  of.in.spawn([](stream<local>& s) -> asio::awaitable<void> {
    EXPECT_EQ(co_await write_all(s, to_bytes("by word of mouth")), std::error_code());
    EXPECT_EQ(co_await shut_down(s), std::error_code());
  }(one));
  of.in.spawn([](stream<local>& s) -> asio::awaitable<void> {
    bytes all;
    EXPECT_EQ(co_await read_to_end(s, all), asio::error::eof);
    EXPECT_EQ(to_text(all), "by word of mouth");
  }(other));
  of.in.run();
}

// -- names

std::error_code handshake_as(const options& opt, std::string_view servername, error& why) {
  asio::io_context context;
  auto [near, far] = connected_sockets(context);
  socket_stream s(std::move(near), client::make(made(opt)).value(), servername);
  far.close();
  std::error_code e;
  s.handshake(e);
  why = s.last_error();
  return e;
}

TEST(sock_stream_name, cannot_be_left_out) {
  options opt;
  opt.ca = pki::file("ca.pem");
  error why;
  EXPECT_EQ(handshake_as(opt, "", why), errc::invalid_argument);
  EXPECT_TRUE(has_style(why));
  EXPECT_EQ(handshake_as(opt, "two words", why), errc::invalid_argument);
  // Where names are not verified it can; then there is nobody at the other end.
  opt.insecure_noverifyname = true;
  EXPECT_NE(handshake_as(opt, "", why), errc::invalid_argument);
}

TEST(sock_stream_name, is_refused_before_anything_is_sent) {
  asio::io_context context;
  auto [near, far] = connected_sockets(context);
  socket_stream s(std::move(near), client(), "localhost");
  std::error_code e;
  s.async_handshake([&](std::error_code told) { e = told; });
  EXPECT_EQ(e, std::error_code());  // never from within the call
  context.run();
  EXPECT_EQ(e, errc::invalid_state);
  far.non_blocking(true);
  bytes room(1);
  std::error_code none;
  far.read_some(asio::buffer(room), none);
  EXPECT_EQ(none, asio::error::would_block);
}

}  // namespace
}  // namespace stls::test
