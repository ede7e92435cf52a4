// What may be used from many threads: configs, interning, contexts. ThreadSanitizer watches these; without it
// they prove that the results are right.
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include "config/anchors.hpp"

#include <stls/config.hpp>
#include <stls/connection.hpp>
#include <stls/options.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

constexpr int thread_count = 8;

// Runs `work(i)` in thread i of several, which begin at the same time.
template <class Work>
void in_threads(Work work) {
  std::barrier start(thread_count);
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
  for (auto& one : threads) one.join();
}

class Threads : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client_options() { return GetParam().client_options(); }
  static options server_options() { return GetParam().server_options(); }
};

TEST_P(Threads, make_configs_of_equal_content_at_the_same_time) {
  // Content that no other test has, so that it is parsed here.
  const auto text = "a comment of " + GetParam().name() + "\n" + pki::read(pki::path("ca-bundle.pem"));
  const auto before = bundle_count();
  std::vector<config> all(thread_count);
  in_threads([&](int i) {
    auto opt = client_options();
    opt.ca = pem::text(text);
    pki::present(opt, "server");
    all[static_cast<std::size_t>(i)] = made(opt);
  });
  EXPECT_EQ(bundle_count().made, before.made + 1) << "parsed once";
  EXPECT_EQ(bundle_count().found, before.found + thread_count - 1);
  for (const auto& conf : all) EXPECT_TRUE(conf);
}

TEST_P(Threads, make_and_forget_configs_again_and_again) {
  in_threads([&](int i) {
    for (int round = 0; round < 20; ++round) {
      auto opt = client_options();
      opt.ca = pki::file(round % 2 == i % 2 ? "ca.pem" : "ca2.pem");
      pki::present(opt, round % 3 == 0 ? "server" : "server-a");
      const auto conf = config::make(opt);
      EXPECT_TRUE(succeeded(conf));
    }
  });
}

TEST_P(Threads, compile_one_config_at_the_same_time) {
  auto opt = client_options();
  pki::present(opt, "server");
  const auto conf = made(opt);
  std::atomic<int> good{0};
  in_threads([&](int) {
    const config mine = conf;
    good += client::make(mine).has_value() ? 1 : 0;
    good += server::make(mine).has_value() ? 1 : 0;
    EXPECT_FALSE(mine.describe().empty());
  });
  EXPECT_EQ(good, 2 * thread_count);
}

TEST_P(Threads, connect_over_one_config) {
  const auto client_conf = made(client_options());
  const auto server_conf = made(server_options());
  in_threads([&](int i) {
    for (int round = 0; round < 5; ++round) {
      tls_link link;
      link.open(client_conf, server_conf);
      const auto data = pattern(20000, static_cast<std::uint64_t>(100 * i + round));
      actor a(link.client);
      actor b(link.server);
      a.exchange(data, data.size()).close();
      b.exchange(data, data.size()).recv_end();
      play(a, b);
      EXPECT_EQ(difference(a.received, data) + difference(b.received, data), "");
      EXPECT_EQ(link.client.info().peer.common_name, "localhost");
    }
  });
}

TEST_P(Threads, connect_over_one_context) {
  const auto c = client::make(made(client_options()));
  const auto s = server::make(made(server_options()));
  ASSERT_TRUE(succeeded(c));
  ASSERT_TRUE(succeeded(s));
  in_threads([&](int) {
    for (int round = 0; round < 5; ++round) {
      tls_link link;
      link.client.adopt(c->connect("localhost", link.client.io()));
      link.server.adopt(s->accept(link.server.io()));
      actor a(link.client);
      actor b(link.server);
      a.handshake().close();
      b.handshake().recv_end();
      play(a, b);
    }
  });
}

TEST_P(Threads, refuse_certificates_over_one_config) {
  const auto client_conf = made(client_options());
  const auto server_conf = made(GetParam().server_options("untrusted"));
  in_threads([&](int) {
    const auto m = meet(client_conf, server_conf);
    EXPECT_TRUE(is_error(m.client, errc::certificate_untrusted));
  });
}

TEST_P(Threads, hand_a_connection_from_one_to_another) {
  const auto client_conf = made(client_options());
  const auto server_conf = made(server_options());
  tls_link link;
  link.open(client_conf, server_conf);
  const auto in_a_thread = [](auto work) { std::thread(work).join(); };
  actor a(link.client);
  actor b(link.server);
  a.handshake().send(to_bytes("one")).recv(3).close();
  b.handshake().recv(3).send(to_bytes("two")).recv_end();
  for (int i = 0; i < 1000 && !(a.done() && b.done()); ++i) {
    in_a_thread([&] { (void)a.turn(); });
    in_a_thread([&] { (void)b.turn(); });
  }
  EXPECT_TRUE(a.done()) << a.story();
  EXPECT_TRUE(b.done()) << b.story();
}

TEST_P(Threads, warnings_come_once_from_many) {
  // The first use of a config that warns is its making; many configs may share one receiver.
  std::mutex mutex;
  int got = 0;
  auto opt = GetParam().server_options("expired");
  opt.on_warning = [&](const warning&) {
    const std::lock_guard lock(mutex);
    ++got;
  };
  in_threads([&](int) { EXPECT_TRUE(succeeded(config::make(opt))); });
  EXPECT_EQ(got, thread_count);
}

TEST_P(Threads, copy_and_drop_handles) {
  auto opt = client_options();
  pki::present(opt, "server");
  auto conf = made(opt);
  const auto c = client::make(conf);
  ASSERT_TRUE(succeeded(c));
  in_threads([&, conf = std::exchange(conf, config())](int) {
    for (int i = 0; i < 100; ++i) {
      const config copy = conf;  // NOLINT(performance-unnecessary-copy-initialization)
      const client other = *c;   // NOLINT(performance-unnecessary-copy-initialization)
      EXPECT_TRUE(copy);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(engines, Threads, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
