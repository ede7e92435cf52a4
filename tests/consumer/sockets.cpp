// A program outside the tree: a verified echo over loopback, in coroutines. Argument: a folder of make_pki.
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <stls/sock/sock.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <utility>

using namespace std::chrono_literals;

// A program may have an operator new of its own. With this one, memory that library and program get and give
// back in different ways, as Asio does where not all of its translation units were told the same, ends the
// program. Not inline: GCC would see malloc's memory in one place and operator new's in another, and warn.
constexpr std::size_t prefix = 16;

[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = std::malloc(size + prefix);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<char*>(memory) + prefix;
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) std::free(static_cast<char*>(memory) - prefix);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

static void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

static void check(const stls::result<>& done) {
  if (!done) throw tl::bad_expected_access<stls::error>(done.error());
}

static asio::awaitable<void> echo(stls::stcp_server server) {
  std::array<std::byte, 5> heard{};
  auto s = (co_await server.accept(30s)).value();
  check(co_await s.recvn(heard, 30s));
  check(co_await s.send(heard, 30s));
  check(co_await s.close());
}

static asio::awaitable<void> run(asio::io_context& loop, std::string pki) {
  const auto cert = stls::pem::file(pki + "/server.pem"), key = stls::pem::file(pki + "/server.key");
  const auto server_config = stls::config::make({.cert = cert, .key = key}).value();
  const auto client_config = stls::config::make({.ca = stls::pem::file(pki + "/ca.pem")}).value();

  auto server = (co_await stls::listen("127.0.0.1", 0, server_config)).value();
  const auto port = server.lower().local().value().port;
  asio::co_spawn(loop, echo(std::move(server)), rethrow);
  auto s = (co_await stls::connect("127.0.0.1", port, client_config, 30s)).value();
  check(co_await s.send(std::as_bytes(std::span("hello", 5)), 30s));
  std::array<std::byte, 5> heard{};
  check(co_await s.recvn(heard, 30s));
  check(co_await s.close());
  std::cout << s.info().version << '\n';
}

int main(int, char** argv) try {
  asio::io_context loop;
  asio::co_spawn(loop, run(loop, argv[1]), rethrow);
  loop.run();
  return 0;
} catch (const tl::bad_expected_access<stls::error>& e) {
  std::cerr << e.error() << '\n';
  return 1;
}
