// stream: TLS over any stream of Asio, with any completion token.
#pragma once

#include <stls/conn_info.hpp>
#include <stls/connection.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/stream_core.hpp>
#include <stls/sock/stream_operation.hpp>

#include <asio/async_result.hpp>
#include <asio/compose.hpp>
#include <asio/system_error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

// stream stands where asio::ssl::stream stood: docs/migrating-from-asio-ssl.md shows both side by side.
//
//   auto tls = stls::client::make(conf).value();
//   stls::stream<asio::ip::tcp::socket> s(loop, tls, "example.org");
//   asio::connect(s.lowest_layer(), endpoints);
//   s.async_handshake([&](std::error_code e) { if (e) std::cerr << s.last_error() << '\n'; });
//
// NextLayer is a socket, a reference to one, another stream (TLS inside TLS), or whatever else has
// async_read_some and async_write_some, and read_some and write_some for the verbs that block. A stream is an
// AsyncReadStream, an AsyncWriteStream, a SyncReadStream and a SyncWriteStream.
//
// One read and one write may run at the same time, and a handshake or a shutdown beside them. A second one of
// a kind gets errc::busy; a shutdown is of the kind of writes. All calls and all handlers of one stream must
// run in one thread or one strand, as with Asio's own streams. A stream has no deadlines.
//
// Handlers get a std::error_code:
//   asio::error::eof     the peer has ended its stream in order (close_notify)
//   errc::truncated      the layer below ended before that: somebody may have cut it off
//   operation_aborted    Asio's: cancelled, by a slot or the layer below, or the stream is gone
//   any other errc       what TLS, or this stream, has to say; last_error() is the sentence to it
//   anything else        an error of the layer below, as it came
//
// Cancelling loses nothing, whichever type of cancellation it was, and the stream goes on. The count of a
// write that failed is of the bytes that were taken over: the next verb sends them, and they must not be
// written again.
//
// A stream may be moved and destroyed at any time; verbs that run on what was destroyed end with
// operation_aborted. Destroying it destroys the layer below, without a word to the peer. One that was moved
// from may only be destroyed, or assigned to.
//
// A layer that it refers to must outlive it, and is left to the program. If verbs run then, all that waits on
// the lowest layer is cancelled, where that has cancel(std::error_code&), as sockets do: else they would take
// what comes afterwards. What has come before is lost with the stream.
template <class NextLayer>
class stream {
 public:
  using next_layer_type = std::remove_reference_t<NextLayer>;
  using lowest_layer_type = typename layer_below<next_layer_type>::type;
  using executor_type = typename next_layer_type::executor_type;

  // The client's end of a connection to `servername`, whose certificate must have that name; see
  // client::connect, also for `session`. NextLayer is made of `next`. A name that cannot be used, and an
  // empty one where names are verified, is the error of the first verb.
  template <class Next>
  stream(Next&& next, const client& by, std::string_view servername, std::span<const std::byte> session = {})
      : state_(std::make_shared<state>(std::forward<Next>(next), by, servername, session)) {}

  // The server's end of a connection.
  template <class Next>
  stream(Next&& next, const server& by) : state_(std::make_shared<state>(std::forward<Next>(next), by)) {}

  stream(stream&&) noexcept = default;
  stream& operator=(stream&& other) noexcept {
    if (this == &other) return *this;
    if (state_) state_->abandon();
    state_ = std::move(other.state_);
    return *this;
  }
  ~stream() {
    if (state_) state_->abandon();
  }

  [[nodiscard]] executor_type get_executor() noexcept { return next_layer().get_executor(); }
  [[nodiscard]] next_layer_type& next_layer() noexcept { return state_->next(); }
  [[nodiscard]] const next_layer_type& next_layer() const noexcept { return state_->next(); }
  // lowest_layer is that of the next layer, or the next layer where that has none.
  [[nodiscard]] lowest_layer_type& lowest_layer() noexcept {
    return layer_below<next_layer_type>::of(next_layer());
  }
  [[nodiscard]] const lowest_layer_type& lowest_layer() const noexcept {
    return layer_below<next_layer_type>::of(state_->next());
  }

  // async_handshake makes the connection, with the peer verified as the config says. Reads and writes do it
  // where it was not done. Done already is no error. void(std::error_code).
  template <class Token = asio::default_completion_token_t<executor_type>>
  auto async_handshake(Token&& token = Token()) {
    return begin<void(std::error_code), Token>(stream_handshake(), token);
  }

  // async_read_some gives what is there, as much as fits, and waits if nothing is.
  // void(std::error_code, std::size_t).
  template <class Buffers, class Token = asio::default_completion_token_t<executor_type>>
  auto async_read_some(const Buffers& into, Token&& token = Token()) {
    return begin<void(std::error_code, std::size_t), Token>(stream_read<Buffers>(into), token);
  }

  // async_write_some sends one byte at least, and 64 KiB or little more at the most; small buffers go into
  // one record. It is done when the layer below has taken them. void(std::error_code, std::size_t).
  template <class Buffers, class Token = asio::default_completion_token_t<executor_type>>
  auto async_write_some(const Buffers& from, Token&& token = Token()) {
    return begin<void(std::error_code, std::size_t), Token>(stream_write<Buffers>(from), token);
  }

  // async_shutdown sends close_notify: this side has said all. It does not wait for the peer's, which a read
  // gives as asio::error::eof. Reading goes on; where the engine cannot do that (BearSSL), it is
  // errc::closed. Done already is no error. void(std::error_code).
  template <class Token = asio::default_completion_token_t<executor_type>>
  auto async_shutdown(Token&& token = Token()) {
    return begin<void(std::error_code), Token>(stream_shutdown(), token);
  }

  // The same, blocking. Without a std::error_code they throw asio::system_error, as Asio's do. errc::busy: an
  // asynchronous verb is using the layer below.
  void handshake(std::error_code& e) { static_cast<void>(run(stream_handshake(), e)); }
  void handshake() { static_cast<void>(run(stream_handshake())); }
  template <class Buffers>
  std::size_t read_some(const Buffers& into, std::error_code& e) {
    return run(stream_read<Buffers>(into), e);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& into) {
    return run(stream_read<Buffers>(into));
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, std::error_code& e) {
    return run(stream_write<Buffers>(from), e);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    return run(stream_write<Buffers>(from));
  }
  void shutdown(std::error_code& e) { static_cast<void>(run(stream_shutdown(), e)); }
  void shutdown() { static_cast<void>(run(stream_shutdown())); }

  // info describes the connection and its peer; empty before the handshake is done. It moves with the stream.
  [[nodiscard]] const conn_info& info() const { return state_->core().info(); }
  // last_error is the error of the verb that failed last, with a sentence.
  [[nodiscard]] const error& last_error() const noexcept { return state_->core().last_error(); }
  // export_session: see connection::export_session.
  [[nodiscard]] result<std::vector<std::byte>> export_session() { return state_->core().export_session(); }

 private:
  using state = stream_state<NextLayer>;

  template <class Signature, class Token, class Verb>
  auto begin(Verb verb, Token& token) {
    return asio::async_compose<Token, Signature>(stream_operation<state, Verb>(state_, std::move(verb)),
                                                 token, *this);
  }

  template <class Verb>
  std::size_t run(Verb verb, std::error_code& e) {
    const stream_core::progress done = state_->run(verb);
    e = done.failure;
    return done.count;
  }
  template <class Verb>
  std::size_t run(Verb verb) {
    std::error_code e;
    const std::size_t n = run(std::move(verb), e);
    if (e) throw asio::system_error(e, last_error().message);
    return n;
  }

  std::shared_ptr<state> state_;
};

STLS_NAMESPACE_END
