// The handlers of a stream: what is associated with them, and every kind of completion token.
#include "sock/kit/stream_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <asio/bind_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/strand.hpp>
#include <asio/streambuf.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <asio/version.hpp>
#include <asio/write.hpp>
#if ASIO_VERSION < 102600
#include <asio/experimental/deferred.hpp>
#else
#include <asio/deferred.hpp>
#endif
#include <stls/sock/stream.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <istream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace stls::test {
namespace {

#if ASIO_VERSION < 102600
constexpr auto deferred = asio::experimental::deferred;
#else
constexpr auto deferred = asio::deferred;
#endif

class sock_stream_token : public ::testing::TestWithParam<engine_case> {
 protected:
  // Both ends with their handshake done, in this thread.
  void SetUp() override {
    auto [near, far] = connected_sockets(pair.in.context());
    one.emplace(std::move(near), pair.by_client, "localhost");
    other.emplace(std::move(far), pair.by_server);
    int established = 0;
    const auto count = [&](std::error_code e) { established += e ? 0 : 1; };
    one->async_handshake(count);
    other->async_handshake(count);
    run();
    ASSERT_EQ(established, 2);
  }
  void run() {
    pair.in.context().restart();
    pair.in.context().run();
  }

  stream_pair pair{GetParam()};
  std::optional<socket_stream> one;
  std::optional<socket_stream> other;
};

TEST_P(sock_stream_token, callbacks_get_a_line) {
  asio::streambuf line;
  std::string text;
  asio::async_read_until(*other, line, '\n', [&](std::error_code e, std::size_t n) {
    EXPECT_FALSE(e);
    EXPECT_EQ(n, 6U);
    std::istream in(&line);
    in >> text;
  });
  const std::string hello = "hello\n";
  std::size_t written = 0;
  auto lvalue = [&](std::error_code e, std::size_t n) {
    EXPECT_FALSE(e);
    written = n;
  };
  asio::async_write(*one, asio::buffer(hello), lvalue);
  run();
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(written, hello.size());
}

TEST_P(sock_stream_token, a_callback_may_be_movable_only) {
  bytes room(2);
  std::size_t got = 0;
  one->async_read_some(asio::buffer(room),
                       [&got, owned = std::make_unique<int>(2)](std::error_code e, std::size_t n) {
                         EXPECT_FALSE(e);
                         EXPECT_EQ(*owned, 2);
                         got = n;
                       });
  asio::async_write(*other, asio::buffer("ab", 2), [](std::error_code e, std::size_t) { EXPECT_FALSE(e); });
  run();
  EXPECT_EQ(got, 2U);
}

TEST_P(sock_stream_token, a_token_that_is_an_lvalue_is_not_moved_from) {
  const auto told = std::make_shared<int>(0);
  auto handler = [told](std::error_code e, std::size_t) { *told += e ? 0 : 1; };
  bytes room(1);
  one->async_read_some(asio::buffer(room), handler);
  const auto constant = handler;
  other->async_write_some(asio::buffer("a", 1), constant);
  run();
  EXPECT_EQ(*told, 2);
  handler({}, 0);
  EXPECT_EQ(*told, 3);
}

TEST_P(sock_stream_token, futures) {
  pair.in.context().restart();
  auto work = asio::make_work_guard(pair.in.context());
  std::thread running([&] { pair.in.context().run(); });
  bytes room(5);
  auto got = asio::async_read(*other, asio::buffer(room), asio::use_future);
  auto written = asio::async_write(*one, asio::buffer("hello", 5), asio::use_future);
  EXPECT_EQ(written.get(), 5U);
  EXPECT_EQ(got.get(), 5U);
  EXPECT_EQ(to_text(room), "hello");
  auto end = one->async_shutdown(asio::use_future);
  end.get();
  auto none = other->async_read_some(asio::buffer(room), asio::use_future);
  EXPECT_THROW(none.get(), std::system_error);
  work.reset();
  running.join();
}

TEST_P(sock_stream_token, deferred_operations_begin_when_they_are_called) {
  bytes room(1);
  auto read = other->async_read_some(asio::buffer(room), deferred);
  auto write = one->async_write_some(asio::buffer("x", 1), deferred);
  run();  // nothing has begun
  std::size_t got = 0;
  std::move(read)([&](std::error_code e, std::size_t n) { got = e ? 0 : n; });
  std::move(write)([](std::error_code e, std::size_t) { EXPECT_FALSE(e); });
  run();
  EXPECT_EQ(got, 1U);
  EXPECT_EQ(to_text(room), "x");
}

TEST_P(sock_stream_token, coroutines_throw_the_error) {
  const auto read = [](socket_stream& s) -> asio::awaitable<void> {
    bytes room(5);
    EXPECT_EQ(co_await asio::async_read(s, asio::buffer(room), asio::use_awaitable), 5U);
    bool thrown = false;
    try {
      co_await s.async_read_some(asio::buffer(room), asio::use_awaitable);
    } catch (const std::system_error& e) {
      thrown = e.code() == asio::error::eof;
    }
    EXPECT_TRUE(thrown);
  };
  const auto write = [](socket_stream& s) -> asio::awaitable<void> {
    co_await asio::async_write(s, asio::buffer("hello", 5), asio::use_awaitable);
    co_await s.async_shutdown(asio::use_awaitable);
  };
  pair.in.spawn(read(*other));
  pair.in.spawn(write(*one));
  pair.in.run();
}

// -- what is associated with a handler

TEST_P(sock_stream_token, a_handler_runs_on_its_own_executor) {
  asio::thread_pool pool(1);
  bytes room(1);
  std::promise<std::thread::id> read;
  std::promise<std::thread::id> written;
  asio::post(pool, [&] {  // where the handlers of a stream run, its verbs begin
    other->async_read_some(asio::buffer(room), asio::bind_executor(pool, [&](std::error_code e, std::size_t) {
                             EXPECT_FALSE(e);
                             read.set_value(std::this_thread::get_id());
                           }));
  });
  one->async_write_some(asio::buffer("x", 1), asio::bind_executor(pool, [&](std::error_code e, std::size_t) {
                          EXPECT_FALSE(e);
                          written.set_value(std::this_thread::get_id());
                        }));
  std::promise<std::thread::id> here;
  asio::post(pool, [&] { here.set_value(std::this_thread::get_id()); });
  const auto expected = here.get_future().get();
  run();
  EXPECT_EQ(written.get_future().get(), expected);
  auto of_read = read.get_future();
  while (of_read.wait_for(std::chrono::seconds(0)) != std::future_status::ready) run();
  EXPECT_EQ(of_read.get(), expected);
  pool.join();
}

// A handler whose memory is counted.
struct memory {
  int blocks = 0;
  int all = 0;
};
template <class T>
class counting_allocator {
 public:
  using value_type = T;
  explicit counting_allocator(memory& m) noexcept : memory_(&m) {}
  template <class U>
  counting_allocator(const counting_allocator<U>& other) noexcept : memory_(other.memory_) {}  // NOLINT
  T* allocate(std::size_t n) {
    ++memory_->blocks;
    ++memory_->all;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    --memory_->blocks;
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const counting_allocator&, const counting_allocator&) noexcept = default;

 private:
  template <class U>
  friend class counting_allocator;
  memory* memory_;
};

class counted_handler {
 public:
  using allocator_type = counting_allocator<char>;
  counted_handler(memory& m, bool& called) : memory_(&m), called_(&called) {}
  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }
  void operator()(std::error_code e, std::size_t) const {
    EXPECT_FALSE(e);
    EXPECT_EQ(memory_->blocks, 0) << "memory is given back before the handler is called";
    *called_ = true;
  }

 private:
  memory* memory_;
  bool* called_;
};

TEST_P(sock_stream_token, a_handler_is_kept_in_memory_of_its_own_allocator) {
  memory m;
  bytes room(1);
  bool called = false;
  other->async_read_some(asio::buffer(room), counted_handler(m, called));
  EXPECT_GT(m.blocks, 0);
  one->async_write_some(asio::buffer("x", 1), [](std::error_code e, std::size_t) { EXPECT_FALSE(e); });
  run();
  EXPECT_TRUE(called);
  EXPECT_EQ(m.blocks, 0);
  EXPECT_GT(m.all, 0);
}

// -- the verbs that block

TEST_P(sock_stream_token, blocking_verbs_do_the_same) {
  auto [near, far] = connected_sockets(pair.in.context());
  socket_stream s(std::move(near), pair.by_client, "localhost");
  std::thread peer([this, at = std::move(far)]() mutable {
    socket_stream of(std::move(at), pair.by_server);
    of.handshake();
    bytes room(100000);
    asio::read(of, asio::buffer(room));
    asio::write(of, asio::buffer(room));
    std::error_code e;
    EXPECT_EQ(of.read_some(asio::buffer(room), e), 0U);
    EXPECT_EQ(e, asio::error::eof);
    of.shutdown(e);
    EXPECT_FALSE(e);
  });
  s.handshake();
  EXPECT_EQ(s.info().version, GetParam().version_name());
  const bytes much = pattern(100000);
  asio::write(s, asio::buffer(much));
  bytes back(much.size());
  asio::read(s, asio::buffer(back));
  EXPECT_EQ(difference(back, much), "");
  s.shutdown();
  peer.join();
  s.lowest_layer().close();
  try {
    s.write_some(asio::buffer(much));
    ADD_FAILURE() << "it did not throw";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), errc::closed);
    EXPECT_TRUE(std::string(e.what()).starts_with(s.last_error().message)) << e.what();
  }
}

TEST_P(sock_stream_token, a_blocking_verb_does_not_wait_for_an_asynchronous_one) {
  bytes room(1);
  one->async_read_some(asio::buffer(room), [](std::error_code e, std::size_t) { EXPECT_TRUE(e); });
  std::error_code e;
  one->read_some(asio::buffer(room), e);
  EXPECT_EQ(e, errc::busy);
  one->lowest_layer().close();
  run();
}

TEST_P(sock_stream_token, a_socket_that_does_not_block_says_so_and_loses_nothing) {
  one->lowest_layer().non_blocking(true);
  other->lowest_layer().non_blocking(true);
  small_buffers(one->lowest_layer().native_handle());
  const bytes much = pattern(600000);
  bytes got;
  std::size_t sent = 0;
  bytes room(50000);
  int blocked = 0;
  std::error_code e;
  while (got.size() < much.size()) {
    while (sent < much.size()) {
      sent += one->write_some(asio::buffer(much) + sent, e);
      if (!e) continue;
      ASSERT_EQ(e, asio::error::would_block);
      ++blocked;
      break;
    }
    // What was taken over goes with the next verb, if it is only one for nothing.
    if (sent == much.size()) one->read_some(asio::buffer(room), e);
    for (;;) {
      const std::size_t n = other->read_some(asio::buffer(room), e);
      append(got, std::span(room).first(n));
      if (e) break;
    }
    ASSERT_EQ(e, asio::error::would_block);
  }
  EXPECT_GT(blocked, 0);
  EXPECT_EQ(difference(got, much), "");
}

// A read that cannot send what it has to send reads all the same: the other end makes room when it does, too.
TEST_P(sock_stream_token, two_ends_that_do_not_block_and_both_write_much_both_get_on) {
  auto [near, far] = connected_sockets(pair.in.context(), true);
  one.emplace(std::move(near), pair.by_client, "localhost");
  other.emplace(std::move(far), pair.by_server);
  struct end {
    socket_stream& of;
    std::size_t sent = 0;
    bytes got;
  };
  std::array<end, 2> ends = {end{*one, 0, {}}, end{*other, 0, {}}};
  for (const end& it : ends) it.of.lowest_layer().non_blocking(true);
  const bytes much = pattern(600000);
  bytes room(50000);
  const auto over = [&] { return ends[0].got.size() == much.size() && ends[1].got.size() == much.size(); };
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);  // of those who hang
  while (!over() && std::chrono::steady_clock::now() < limit) {
    for (end& it : ends) {
      std::error_code e;
      while (!e && it.sent < much.size()) it.sent += it.of.write_some(asio::buffer(much) + it.sent, e);
      ASSERT_TRUE(!e || e == asio::error::would_block) << e.message();
    }
    for (end& it : ends) {
      std::error_code e;
      while (!e) {
        const std::size_t n = it.of.read_some(asio::buffer(room), e);
        append(it.got, std::span(room).first(n));
      }
      ASSERT_EQ(e, asio::error::would_block);
    }
  }
  for (const end& it : ends) EXPECT_EQ(difference(it.got, much), "");
}

INSTANTIATE_TEST_SUITE_P(engines, sock_stream_token, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
