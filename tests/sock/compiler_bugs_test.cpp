// What GCC 12 destroys twice in an expression with co_await (its bug 101243 and kin), and the forms that the
// library uses instead. Each runs in a process of its own, since the wrong ones may end it.
#include "sock/kit/loop.hpp"
#include "support/child.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>

namespace stls::test {
namespace {

int alive = 0;

// Counts itself, as something that owns memory would.
struct counted {
  counted() noexcept { ++alive; }
  counted(const counted&) noexcept { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }
};

struct aggregate {
  counted inside;
  int number = 1;
};

struct constructed {
  constructed() noexcept {}  // NOLINT(modernize-use-equals-default): not an aggregate
  counted inside;
  int number = 1;
};

template <class T>
asio::awaitable<int> takes(const T& what = {}) {
  const int number = what.number;
  co_await later();
  co_return number;
}

template <class T>
asio::awaitable<int> keeps(T what = {}) {
  co_await later();
  co_return what.number;
}

template <class T>
asio::awaitable<T> gives() {
  co_await later();
  co_return T();
}

// 0: all that was made was destroyed once.
int balance(asio::awaitable<void> (*form)()) {
  loop l;
  l.spawn(form());
  l.run();
  return alive == 0 ? 0 : 1;
}

const child_part braced_aggregate("co_await_braced_aggregate", [] {
  return balance([]() -> asio::awaitable<void> { co_await takes<aggregate>(aggregate{}); });
});
const child_part default_aggregate("co_await_default_aggregate", [] {
  return balance([]() -> asio::awaitable<void> { co_await takes<aggregate>(); });
});
const child_part chosen("co_await_chosen", [] {
  return balance([]() -> asio::awaitable<void> {
    const bool first = alive == 0;
    const std::string text = first ? co_await gives<std::string>() : co_await gives<std::string>();
    static_cast<void>(text);
    const counted one = first ? co_await gives<counted>() : co_await gives<counted>();
    static_cast<void>(one);
  });
});

const child_part named_aggregate("co_await_named_aggregate", [] {
  return balance([]() -> asio::awaitable<void> {
    const aggregate named;
    co_await takes<aggregate>(named);
  });
});
const child_part braced_constructed("co_await_braced_constructed", [] {
  return balance([]() -> asio::awaitable<void> { co_await takes<constructed>(constructed{}); });
});
const child_part default_constructed("co_await_default_constructed", [] {
  return balance([]() -> asio::awaitable<void> { co_await takes<constructed>(); });
});
const child_part default_by_value("co_await_default_by_value", [] {
  return balance([]() -> asio::awaitable<void> { co_await keeps<constructed>(); });
});
const child_part in_statements("co_await_in_statements", [] {
  return balance([]() -> asio::awaitable<void> {
    counted one;
    if (alive == 1) {
      one = co_await gives<counted>();
    } else {
      one = co_await gives<counted>();
    }
  });
});

class sock_compiler_wrong : public ::testing::TestWithParam<const char*> {};
class sock_compiler_right : public ::testing::TestWithParam<const char*> {};

// Right where the compiler is; said aloud, so that one sees when the other forms are not needed any more.
TEST_P(sock_compiler_wrong, forms_are_avoided_by_the_library) {
  const auto r = run_child(GetParam());
  EXPECT_NE(r.exit_code, 125) << "no such part";
  std::printf("%s: %s\n", GetParam(), r.exit_code == 0 ? "this compiler is right" : "this compiler is wrong");
}

TEST_P(sock_compiler_right, forms_destroy_each_thing_once) {
  const auto r = run_child(GetParam());
  EXPECT_EQ(r.signal, 0) << r.output;
  EXPECT_EQ(r.exit_code, 0) << r.output;
}

const auto form_name = [](const ::testing::TestParamInfo<const char*>& info) {
  return std::string(info.param);
};
INSTANTIATE_TEST_SUITE_P(all, sock_compiler_wrong,
                         ::testing::Values("co_await_braced_aggregate", "co_await_default_aggregate",
                                           "co_await_chosen"),
                         form_name);
INSTANTIATE_TEST_SUITE_P(all, sock_compiler_right,
                         ::testing::Values("co_await_named_aggregate", "co_await_braced_constructed",
                                           "co_await_default_constructed", "co_await_default_by_value",
                                           "co_await_in_statements"),
                         form_name);

// What the public interface has as arguments, and gives.
template <class T>
concept safe_in_co_await = !std::is_aggregate_v<T> || std::is_trivially_destructible_v<T>;
static_assert(safe_in_co_await<expires>);
static_assert(safe_in_co_await<server_options>);
static_assert(safe_in_co_await<config>);
static_assert(safe_in_co_await<error>);
static_assert(safe_in_co_await<result<void>>);
static_assert(safe_in_co_await<result<std::size_t>>);
static_assert(safe_in_co_await<result<stcp>>);
static_assert(safe_in_co_await<address>);
static_assert(safe_in_co_await<reader>);
static_assert(safe_in_co_await<tcp>);
static_assert(safe_in_co_await<stcp>);
static_assert(safe_in_co_await<stcp_server>);
static_assert(safe_in_co_await<task<>>);

}  // namespace
}  // namespace stls::test
