// chat_server tells everybody what anybody says, under the name that each one's certificate has:
//
//   chat_server 127.0.0.1 4433 server.pem server.key ca.pem
//
// Whoever has a certificate from a root in ca.pem may talk, in lines. Who does not listen loses the place.
// SIGINT or SIGTERM ends it.
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/channel.hpp>
#include <asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <set>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <system_error>
#include <variant>

#include "../printable.hpp"
#include "port_number.hpp"
#include "serve.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_line = 1000;
constexpr std::size_t most_unsent_lines = 100;

class chat_room {
 public:
  // guest is in the room as long as it lives.
  class guest {
   public:
    // mailbox is what it has still to be told.
    using mailbox = asio::experimental::channel<void(std::error_code, std::string)>;

    guest(chat_room& in, stls::stcp& s)
        : in_(in), s_(s), name_(s.info().peer.subject), mail_(s.get_executor(), most_unsent_lines) {
      in_.guests_.insert(this);
      in_.tell_all("* " + name_ + " has come");
    }
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;
    ~guest() {
      in_.guests_.erase(this);
      in_.tell_all("* " + name_ + " has gone");
    }

    // say tells everybody, the speaker last: who talks faster than it listens waits here for itself.
    asio::awaitable<void> say(std::string line) {
      line = name_ + ": " + line;
      in_.tell_all(line, this);
      co_await mail_.async_send(std::error_code(), line + '\n', asio::use_awaitable);
    }
    void tell(const std::string& line) {
      if (mail_.try_send(std::error_code(), line + '\n')) return;
      too_slow_ = true;
      s_.cancel();
    }
    [[nodiscard]] mailbox& mail() noexcept { return mail_; }
    [[nodiscard]] bool too_slow() const noexcept { return too_slow_; }

   private:
    chat_room& in_;
    stls::stcp& s_;
    std::string name_;
    mailbox mail_;
    bool too_slow_ = false;
  };

 private:
  void tell_all(const std::string& line, const guest* but = nullptr) {
    for (guest* to : guests_) {
      if (to != but) to->tell(line);
    }
  }

  std::set<guest*> guests_;
};

stls::task<> listen_to(stls::stcp& s, chat_room::guest& who) {
  std::string heard;
  for (;;) {
    std::array<char, longest_line> room;
    const auto n = co_await s.recv(std::as_writable_bytes(std::span(room)));
    if (!n) co_return tl::unexpected(n.error());
    if (*n == 0) co_return stls::result<void>();
    heard.append(room.data(), *n);
    for (auto end = heard.find('\n'); end != heard.npos; end = heard.find('\n')) {
      co_await who.say(printable(heard.substr(0, end)));
      heard.erase(0, end + 1);
    }
    if (heard.size() > longest_line)
      co_return tl::unexpected(stls::error(stls::errc::too_large, "a line is too long"));
  }
}

stls::task<> talk_to(stls::stcp& s, chat_room::guest& who) {
  for (;;) {
    const std::string line = co_await who.mail().async_receive(asio::use_awaitable);
    if (auto sent = co_await s.send(std::as_bytes(std::span(line)), 30s); !sent) co_return sent;
  }
}

// One coroutine receives while another one sends; when one of them ends, so does the other.
stls::task<> chat(stls::stcp& s, chat_room& in) {
  using namespace asio::experimental::awaitable_operators;
  // Whose certificate is not good gets no further than this.
  if (auto done = co_await s.handshake(); !done) co_return done;
  chat_room::guest who(in, s);
  auto ended = co_await (listen_to(s, who) || talk_to(s, who));
  if (who.too_slow()) co_return tl::unexpected(stls::error(stls::errc::timed_out, "it reads too slowly"));
  co_return std::visit([](auto& r) { return std::move(r); }, ended);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s HOST PORT CERT KEY CA\n", argv[0]);
    return 2;
  }
  try {
    const auto conf = stls::config::make({.ca = stls::pem::file(argv[5]),
                                          .cert = stls::pem::file(argv[3]),
                                          .key = stls::pem::file(argv[4]),
                                          .verify_client = true});
    chat_room everybody;
    clients_server server("chat_server", [&](stls::stcp& s) { return chat(s, everybody); });
    return server.run(argv[1], port_number(argv[2]), conf.value());
  } catch (const tl::bad_expected_access<stls::error>& e) {
    std::fprintf(stderr, "chat_server: %s\n", e.error().message.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "chat_server: %s\n", e.what());
  }
  return 1;
}
