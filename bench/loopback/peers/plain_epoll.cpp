// links: Threads::Threads
//
// TCP on epoll: the limit for everything here.
#include "loopback/support/epoll_loop.hpp"
#include "loopback/support/serve.hpp"

namespace {

using bench::epoll_task;

class plain_epoll : public bench::epoll_loop {
 public:
  static constexpr bench::terms keeps = bench::plain;
  static constexpr bool resumes = false;
  using listener = socket;

  class connection {
   public:
    explicit connection(socket s) noexcept : socket_(std::move(s)) {}

    static epoll_task<std::size_t> begin() { co_return 0; }
    epoll_task<std::size_t> recv(std::span<std::byte> into) {
      for (;;) {
        co_await socket_->until(EPOLLIN);
        const ssize_t n = ::recv(socket_->descriptor(), into.data(), into.size(), 0);
        if (n < 0 && errno == EAGAIN) continue;
        co_return static_cast<std::size_t>(bench::system_must(static_cast<int>(n), "recv"));
      }
    }
    epoll_task<std::size_t> recvn(std::span<std::byte> into) {
      const std::size_t size = into.size();
      while (!into.empty()) {
        const std::size_t n = co_await recv(into);
        if (n == 0) throw bench::failure("the stream ended");
        into = into.subspan(n);
      }
      co_return size;
    }
    epoll_task<std::size_t> send(std::span<const std::byte> from) {
      const std::size_t size = from.size();
      while (!from.empty()) {
        const ssize_t n = ::send(socket_->descriptor(), from.data(), from.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
          co_await socket_->until(EPOLLOUT);
          continue;
        }
        from = from.subspan(static_cast<std::size_t>(bench::system_must(static_cast<int>(n), "send")));
      }
      co_return size;
    }
    epoll_task<std::size_t> close() {
      socket_.reset();
      co_return 0;
    }
    [[nodiscard]] static bench::agreed agreed() { return {}; }

   private:
    socket socket_;
  };

  explicit plain_epoll(const bench::material& /*files*/) {}

  static std::string version() { return "epoll"; }
  static std::size_t done(std::size_t n) noexcept { return n; }  // what fails throws

  epoll_task<listener> listen() { co_return listen_here(); }
  epoll_task<connection> accept(listener& l) {
    socket s = co_await accept_on(*l);
    co_return connection(std::move(s));
  }
  epoll_task<connection> connect(std::uint16_t port, const char* /*servername*/, bench::sessions /*use*/) {
    socket s = co_await connect_to(port);
    co_return connection(std::move(s));
  }
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_on_loopback<plain_epoll>(argc, argv); }
