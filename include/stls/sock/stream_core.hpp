// stream_core: what a stream is made of, whatever is below it. Programs use stream.
#pragma once

#include <stls/conn_info.hpp>
#include <stls/connection.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/io.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

STLS_NAMESPACE_BEGIN

// stream_core moves no bytes on the wire. It tells each verb that runs what to do next, and is told what came
// of it: that is the whole state of a stream, compiled once. All calls are made from one thread, or one
// strand.
//
// There is one read of the layer below at a time, and one write, whoever needs them. Input is everybody's:
// who waits for some while another verb reads is woken when that is over. So is output: it is sent in the
// order in which it was made, by the verb that runs, or by the pump, which is a write that no verb waits for.
class STLS_EXPORT stream_core {
 public:
  enum class verb : std::uint8_t { handshake, read, write, shutdown };

  enum class step : std::uint8_t {
    done,             // the verb is over
    read,             // read from below
    write,            // write below
    pump,             // have somebody else write below, and ask again; nothing is lost by doing so
    wait_for_input,   // another verb reads: wait for input()
    wait_for_output,  // another verb, or the pump, writes: wait for output()
  };

  // progress is one verb that runs.
  struct progress {
    explicit progress(verb v) noexcept : what(v) {}

    verb what;
    enum class state : std::uint8_t { running, flushing, over } is = state::running;
    bool entered = false;
    std::size_t count = 0;  // bytes of plaintext
    std::error_code failure;
    std::error_code blocked;  // why the pump sends nothing for now
  };

  stream_core(const asio::any_io_executor&, const client&, std::string_view servername,
              std::span<const std::byte> session);
  stream_core(const asio::any_io_executor&, const server&);
  stream_core(const stream_core&) = delete;
  stream_core& operator=(const stream_core&) = delete;
  ~stream_core();

  // enter begins a verb. false: another one is in its place, which is errc::busy.
  bool enter(progress&);
  void leave(const progress&) noexcept;

  // What to do next. Buffers are those of the whole verb, each time.
  step handshake(progress&);
  step read(progress&, std::span<const std::span<std::byte>> into);
  step write(progress&, std::span<const std::span<const std::byte>> from);
  step shutdown(progress&);

  // A read from below, into that; and what came of it.
  [[nodiscard]] std::span<std::byte> begin_read();
  void end_read(progress&, std::error_code, std::size_t);
  // A write below, of that; and what came of it.
  [[nodiscard]] std::span<const std::byte> begin_write();
  void end_write(progress&, std::error_code, std::size_t);
  void end_write(std::error_code, std::size_t);            // the pump's
  void end_pump(progress&, std::error_code, std::size_t);  // where the verb itself is the pump, and blocks
  [[nodiscard]] bool has_output() const noexcept;          // and a layer below to send it
  [[nodiscard]] bool is_using_layer() const noexcept { return reading_ || writing_; }

  // Those who wait do it here; woken, they ask again.
  [[nodiscard]] asio::steady_timer& input() noexcept { return input_; }
  [[nodiscard]] asio::steady_timer& output() noexcept { return output_; }

  // fail ends a verb from outside, if it has not failed already.
  void fail(progress&, std::error_code);
  // abandon ends all of them: the layer below is about to go.
  void abandon();

  [[nodiscard]] const conn_info& info() const { return tls_.info(); }
  [[nodiscard]] const error& last_error() const noexcept { return last_error_; }
  [[nodiscard]] result<std::vector<std::byte>> export_session() { return tls_.export_session(); }

 private:
  class buffers;

  void take(result<connection>);
  bool& place_of(verb) noexcept;
  // begins says whether a verb may ask the engine.
  bool begins(progress&);
  step over(progress&);
  step answer(progress&, io_result);
  step go_on(progress&);
  void tell(error);

  std::unique_ptr<buffers> buffers_;
  connection tls_;
  asio::steady_timer input_;
  asio::steady_timer output_;
  error refusal_;  // why there is no connection
  error last_error_;
  std::error_code write_failure_;
  bool reads_ = false;   // a verb, by its place
  bool writes_ = false;  // write and shutdown have one in common
  bool handshakes_ = false;
  bool reading_ = false;  // below
  bool writing_ = false;
  bool closed_ = false;  // by a shutdown, in both directions
  bool abandoned_ = false;
};

STLS_NAMESPACE_END
