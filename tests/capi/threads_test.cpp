// What threads may share.
#include "capi/kit.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace capi {
namespace {

TEST(capi_threads, configure_contexts_with_one_config_and_free_it_when_the_last_has) {
  config c = client_config();
  const config s = server_config();
  std::vector<context> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(tls_client());
  std::vector<std::thread> threads;
  threads.reserve(clients.size());
  for (const context& ctx : clients) {
    threads.emplace_back([&] { EXPECT_EQ(tls_configure(ctx.get(), c.get()), 0); });
  }
  for (std::thread& t : threads) t.join();
  c.reset();
  threads.clear();
  for (context& ctx : clients) {
    threads.emplace_back([&] {
      link l;
      l.client = std::move(ctx);
      EXPECT_EQ(tls_connect_cbs(l.client.get(), read_end, write_end, &l.wire.client, "localhost"), 0);
      l.listener = server(s);
      tls* accepted = nullptr;
      EXPECT_EQ(tls_accept_cbs(l.listener.get(), &accepted, read_end, write_end, &l.wire.server), 0);
      l.server.reset(accepted);
      EXPECT_TRUE(l.shake() && l.greet());
    });
  }
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace capi
