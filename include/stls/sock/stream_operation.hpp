// stream_operation: the verbs of a stream, as Asio's composed operations. Programs use stream.
#pragma once

#include <stls/export.hpp>
#include <stls/sock/stream_core.hpp>

#include <asio/associated_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/post.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

STLS_NAMESPACE_BEGIN

// layer_below finds the lowest layer of a stream.
template <class Layer>
struct layer_below {
  using type = Layer;
  template <class Any>
  static Any& of(Any& layer) noexcept {
    return layer;
  }
};
template <class Layer>
requires requires { typename Layer::lowest_layer_type; }
struct layer_below<Layer> {
  using type = typename Layer::lowest_layer_type;
  template <class Any>
  static auto& of(Any& layer) noexcept {
    return layer.lowest_layer();
  }
};

// stream_spans are the buffers of a sequence, or as many of them as one verb looks at.
template <class Byte>
class stream_spans {
 public:
  template <class Buffer, class Buffers>
  static stream_spans of(const Buffers& sequence) {
    stream_spans made;
    const auto end = asio::buffer_sequence_end(sequence);
    for (auto it = asio::buffer_sequence_begin(sequence); it != end && made.count_ < made.all_.size(); ++it) {
      const Buffer buffer(*it);
      if (buffer.size() != 0) made.all_[made.count_++] = {static_cast<Byte*>(buffer.data()), buffer.size()};
    }
    return made;
  }
  [[nodiscard]] std::span<const std::span<Byte>> all() const noexcept {
    return std::span(all_).first(count_);
  }

 private:
  std::array<std::span<Byte>, 64> all_;
  std::size_t count_ = 0;
};

// -- the verbs: what each asks the core, and what its handler is told

class stream_handshake {
 public:
  static constexpr stream_core::verb name = stream_core::verb::handshake;
  stream_core::step next(stream_core& core, stream_core::progress& p) const { return core.handshake(p); }
  template <class Self>
  static void complete(Self& self, const stream_core::progress& p) {
    self.complete(p.failure);
  }
};

class stream_shutdown {
 public:
  static constexpr stream_core::verb name = stream_core::verb::shutdown;
  stream_core::step next(stream_core& core, stream_core::progress& p) const { return core.shutdown(p); }
  template <class Self>
  static void complete(Self& self, const stream_core::progress& p) {
    self.complete(p.failure);
  }
};

template <class Buffers>
class stream_read {
 public:
  static constexpr stream_core::verb name = stream_core::verb::read;
  explicit stream_read(const Buffers& into) : into_(into) {}
  stream_core::step next(stream_core& core, stream_core::progress& p) const {
    return core.read(p, stream_spans<std::byte>::template of<asio::mutable_buffer>(into_).all());
  }
  template <class Self>
  static void complete(Self& self, const stream_core::progress& p) {
    self.complete(p.failure, p.count);
  }

 private:
  Buffers into_;
};

template <class Buffers>
class stream_write {
 public:
  static constexpr stream_core::verb name = stream_core::verb::write;
  explicit stream_write(const Buffers& from) : from_(from) {}
  stream_core::step next(stream_core& core, stream_core::progress& p) const {
    return core.write(p, stream_spans<const std::byte>::template of<asio::const_buffer>(from_).all());
  }
  template <class Self>
  static void complete(Self& self, const stream_core::progress& p) {
    self.complete(p.failure, p.count);
  }

 private:
  Buffers from_;
};

// stream_state is what a stream stands for: its core, and the layer below until the stream is gone. Whoever
// waits for that layer holds it.
template <class NextLayer>
class stream_state {
 public:
  template <class Next, class... End>
  explicit stream_state(Next&& next, const End&... end)
      : layer_(std::in_place, std::forward<Next>(next)), core_(this->next().get_executor(), end...) {}

  [[nodiscard]] stream_core& core() noexcept { return core_; }
  [[nodiscard]] auto& next() noexcept { return layer_->next; }

  // The verbs that run learn of it by their own ways. A layer that lives on is told: what waits there would
  // take bytes that are somebody else's.
  void abandon() noexcept {
    core_.abandon();
    if constexpr (std::is_reference_v<NextLayer>) {
      auto& lowest = layer_below<std::remove_reference_t<NextLayer>>::of(next());
      std::error_code ignored;
      if constexpr (requires { lowest.cancel(ignored); }) {
        if (core_.is_using_layer()) lowest.cancel(ignored);
      }
    }
    layer_.reset();
  }

  template <class Verb>
  stream_core::progress run(const Verb& verb) {
    stream_core::progress p(Verb::name);
    std::error_code e;
    for (bool goes_on = core_.enter(p); goes_on;) {
      e.clear();
      switch (verb.next(core_, p)) {
        case stream_core::step::read: {
          const auto room = core_.begin_read();
          const std::size_t n = next().read_some(asio::buffer(room.data(), room.size()), e);
          core_.end_read(p, e, n);
          break;
        }
        case stream_core::step::write: {
          const std::size_t n = write_some(e);
          core_.end_write(p, e, n);
          break;
        }
        case stream_core::step::pump: {
          const std::size_t n = write_some(e);
          core_.end_pump(p, e, n);
          break;
        }
        case stream_core::step::wait_for_input:
        case stream_core::step::wait_for_output:
          core_.fail(p, make_error_code(errc::busy));
          break;
        case stream_core::step::done:
          goes_on = false;
      }
    }
    core_.leave(p);
    return p;
  }

 private:
  std::size_t write_some(std::error_code& e) {
    const auto output = core_.begin_write();
    return next().write_some(asio::buffer(output.data(), output.size()), e);
  }

  // A layer may be a reference, which an optional cannot hold.
  struct holder {
    template <class Next>
    explicit holder(Next&& from) : next(std::forward<Next>(from)) {}
    NextLayer next;
  };

  std::optional<holder> layer_;
  stream_core core_;
};

// stream_pump sends what no verb waits for: the answers of a read to what it has received. It runs where the
// read that began it does.
template <class State, class Executor>
class stream_pump {
 public:
  using executor_type = Executor;

  stream_pump(std::shared_ptr<State> s, const Executor& ex) : state_(std::move(s)), executor_(ex) {}
  [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

  void begin() {
    State& s = *state_;
    const auto output = s.core().begin_write();
    s.next().async_write_some(asio::buffer(output.data(), output.size()), std::move(*this));
  }
  void operator()(std::error_code e, std::size_t n) {
    state_->core().end_write(e, n);
    if (!e && state_->core().has_output()) begin();
  }

 private:
  std::shared_ptr<State> state_;
  Executor executor_;
};

// stream_operation runs one verb.
template <class State, class Verb>
class stream_operation {
 public:
  stream_operation(std::shared_ptr<State> s, Verb verb)
      : state_(std::move(s)), verb_(std::move(verb)), progress_(Verb::name) {}

  template <class Self>
  void operator()(Self& self, std::error_code e = {}, std::size_t n = 0) {
    stream_core& core = state_->core();
    bool goes_on = true;
    switch (after_) {
      case suspension::none:
        // Nothing is ever lost, so each type of cancellation will do.
        self.reset_cancellation_state(asio::enable_total_cancellation());
        goes_on = core.enter(progress_);
        break;
      case suspension::read:
        core.end_read(progress_, e, n);
        break;
      case suspension::write:
        core.end_write(progress_, e, n);
        break;
      case suspension::wait:
        break;
      case suspension::post:
        goes_on = false;
    }
    while (goes_on) {
      const stream_core::step what = verb_.next(core, progress_);
      if (what == stream_core::step::done) break;
      if (what == stream_core::step::pump) {
        // Also for a read that is cancelled: it may have its bytes already.
        const auto ex = asio::get_associated_executor(self, state_->next().get_executor());
        stream_pump<State, std::decay_t<decltype(ex)>>(state_, ex).begin();
      } else if (self.get_cancellation_state().cancelled() != asio::cancellation_type::none) {
        core.fail(progress_, asio::error::operation_aborted);
      } else {
        return suspend(what, self);
      }
    }
    // A handler is never called from within the call that it was given to.
    if (after_ == suspension::none) {
      after_ = suspension::post;
      return asio::post(std::move(self));
    }
    core.leave(progress_);
    state_.reset();
    Verb::complete(self, progress_);
  }

 private:
  enum class suspension : std::uint8_t { none, read, write, wait, post };

  template <class Self>
  void suspend(stream_core::step what, Self& self) {
    State& s = *state_;
    if (what == stream_core::step::read) {
      after_ = suspension::read;
      const auto room = s.core().begin_read();
      s.next().async_read_some(asio::buffer(room.data(), room.size()), std::move(self));
    } else if (what == stream_core::step::write) {
      after_ = suspension::write;
      const auto output = s.core().begin_write();
      s.next().async_write_some(asio::buffer(output.data(), output.size()), std::move(self));
    } else {
      after_ = suspension::wait;
      const bool input = what == stream_core::step::wait_for_input;
      (input ? s.core().input() : s.core().output()).async_wait(std::move(self));
    }
  }

  std::shared_ptr<State> state_;
  Verb verb_;
  stream_core::progress progress_;
  suspension after_ = suspension::none;
};

STLS_NAMESPACE_END
