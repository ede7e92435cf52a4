// tcp: a coroutine TCP socket, or one of a Unix domain.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/address.hpp>
#include <stls/sock/direction.hpp>
#include <stls/sock/expires.hpp>
#include <stls/sock/reader.hpp>
#include <stls/sock/task.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

class socket_body;

// tcp is one socket: connected, listening, or not yet either. It is movable.
//
// One coroutine may receive while another one sends; a second one for the same direction gets errc::busy.
// All calls on one socket are made from its executor: from one thread, or from one strand.
//
// A verb that fails with errc::timed_out or errc::cancelled has lost nothing: error::transferred says how far
// it came, and the socket goes on. Other failures of the connection come again and again.
//
// Names: `host` is an IP address, a name, or "unix:/path" for a Unix-domain socket, where the port is 0.
//
// Destroying a socket closes it; verbs that still wait on it end with errc::closed. No call raises SIGPIPE.
class STLS_EXPORT tcp {
 public:
  tcp() noexcept;  // empty: every verb answers errc::invalid_state
  // A family limits where connect and bind go: AF_INET, AF_INET6 or AF_UNIX of the system. A host that has no
  // address of that family is errc::not_found.
  explicit tcp(asio::any_io_executor, int family = any_family);
  tcp(tcp&&) noexcept;
  tcp& operator=(tcp&&) noexcept;
  ~tcp();

  // adopt takes over a stream socket that is connected or listening, and makes it non-blocking. On an error
  // the descriptor is still the caller's.
  [[nodiscard]] static result<tcp> adopt(asio::any_io_executor, int descriptor);

  // connect resolves the name without blocking the loop and tries its addresses as RFC 8305 says: the next
  // one begins when one has failed, or after a quarter of a second, and the first to answer wins.
  // errc::not_found: no such host. Else, if none answers, the error of the last one that failed.
  [[nodiscard]] task<> connect(std::string_view host, std::uint16_t port, expires = {});

  // bind takes the first address of the name that can be bound, with SO_REUSEADDR. The host "*" is every
  // address of this machine, or of the family.
  [[nodiscard]] task<> bind(std::string_view host, std::uint16_t port);
  [[nodiscard]] result<void> listen(int backlog = max_backlog);
  // accept waits for a connection. It never fails because of one peer, and where the process is out of
  // descriptors it waits until there is one.
  [[nodiscard]] task<tcp> accept(expires = {});

  // recv gives what is there, 1 byte at least, and waits if nothing is. 0: the peer has closed its direction;
  // again and again.
  [[nodiscard]] task<std::size_t> recv(std::span<std::byte> into, expires = {});
  // send sends all of it. After a failure error::transferred says how many bytes the system has taken.
  [[nodiscard]] task<> send(std::span<const std::byte> from, expires = {});
  // recvn fills all of `into`. If the stream ends before, it is errc::eof; error::transferred says how many
  // bytes were received into it.
  [[nodiscard]] task<> recvn(std::span<std::byte> into, expires = {});
  // recvall appends everything until the end of the stream. errc::too_large: more than `limit` came. What
  // came is appended, whatever the outcome.
  [[nodiscard]] task<> recvall(std::vector<std::byte>& into, std::size_t limit, expires = {});
  // recvall_read is recvall as a function to read from. On an error what came is lost.
  [[nodiscard]] task<reader> recvall_read(std::size_t limit, expires = {});

  // shutdown ends a direction: the peer's recv gives 0 (write), or this side's does (read).
  [[nodiscard]] task<> shutdown(direction, expires = {});
  // close frees the descriptor. Closing twice is ok.
  [[nodiscard]] task<> close(expires = {});

  // The direction's own deadline, for verbs that are given none: a point in time, or a duration for each
  // verb. The one that was set last holds. Those that are running are not affected.
  void setexpires(direction, std::chrono::steady_clock::time_point);
  void settimeout(direction, std::chrono::steady_clock::duration);
  // cancel ends the verbs that are running with errc::cancelled.
  void cancel();
  [[nodiscard]] bool closed() const noexcept;  // closed by this side, or empty

  [[nodiscard]] result<address> local() const;
  [[nodiscard]] result<address> remote() const;
  [[nodiscard]] int native_handle() const noexcept;  // -1: there is none
  [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

  // Options are Asio's: s.set_option(asio::socket_base::keep_alive(true)). Sockets are made with TCP_NODELAY.
  // Those that are set before connect or bind hold for what these open, from before they connect or bind it;
  // one that the system refuses then makes them fail.
  template <class Option>
  result<void> set_option(const Option& option) {
    const auto p = protocol();
    return set_raw(option.level(p), option.name(p), option.data(p), option.size(p));
  }
  template <class Option>
  result<void> get_option(Option& option) const {
    const auto p = protocol();
    std::size_t size = option.size(p);
    auto done = get_raw(option.level(p), option.name(p), option.data(p), size);
    if (done) option.resize(p, size);
    return done;
  }

  static constexpr int any_family = 0;    // AF_UNSPEC
  static constexpr int max_backlog = -1;  // as many as the system allows

 private:
  friend class stcp_body;
  friend class stcp_server;
  explicit tcp(std::shared_ptr<socket_body>) noexcept;
  static task<tcp> accept_on(std::shared_ptr<socket_body> listener, expires e);
  [[nodiscard]] asio::generic::stream_protocol protocol() const noexcept;
  result<void> set_raw(int level, int name, const void* data, std::size_t size);
  result<void> get_raw(int level, int name, void* data, std::size_t& size) const;

  std::shared_ptr<socket_body> body_;
};

STLS_NAMESPACE_END
