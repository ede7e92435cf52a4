// readiness: waiting until a socket may be read or written.
//
// Asio's own async_wait asks epoll anew for every wait. The operation below is put into Asio's reactor as
// Asio's own reads and writes are, and so uses the socket's one edge-triggered registration: no system call.
// It does nothing itself; it says that an edge came. The first wait of a socket is over at once, and others
// may be: always try again in a loop. It needs asio::detail, which is why it is alone in this file, with
// async_wait as the second way where the loop is not epoll's, or where STLS_SOCK_PORTABLE_WAIT says so.
#pragma once

#include "sock/loop_socket.hpp"

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/recycling_allocator.hpp>
#include <stls/export.hpp>

#if defined(ASIO_HAS_EPOLL) && !defined(ASIO_HAS_IO_URING_AS_DEFAULT) && !defined(STLS_SOCK_PORTABLE_WAIT)
#define STLS_SOCK_EDGE_WAIT 1
#include <asio/detail/bind_handler.hpp>
#include <asio/detail/fenced_block.hpp>
#include <asio/detail/handler_work.hpp>
#include <asio/detail/reactor.hpp>
#include <asio/detail/reactor_op.hpp>
#include <asio/use_awaitable.hpp>
#else
#include <asio/async_result.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/use_awaitable.hpp>
#endif

#include <memory>
#include <system_error>
#include <utility>

STLS_NAMESPACE_BEGIN

// ready_wait is the place of one waiter: it can be woken by others. It must outlive the wait, and so must the
// socket. A wait is over when the socket may be ready, when wake was called, and when the socket was closed.
class ready_wait {
 public:
  // begin calls the handler, with nothing and by its associated executor, when the wait is over. `on_cancel`
  // is called when the handler's cancellation slot is used.
  template <class OnCancel, class Handler>
  void begin(loop_socket& socket, readiness what, OnCancel on_cancel, Handler handler);

  // awaited is for `co_await`: `wait` begins it, with a handler that it is given.
  template <class Wait>
  [[nodiscard]] static auto awaited(Wait wait);

  // wake ends the wait, if there is one.
  void wake(loop_socket& socket) noexcept;

 private:
  readiness what_ = readiness::to_read;
#if !STLS_SOCK_EDGE_WAIT
  asio::cancellation_signal signal_;
#endif
};

#if STLS_SOCK_EDGE_WAIT

template <class Handler>
class edge_wait : public asio::detail::reactor_op {
  using work = asio::detail::handler_work<Handler, asio::any_io_executor>;
  using allocator =
      typename std::allocator_traits<asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>>::
          template rebind_alloc<edge_wait>;
  using memory = std::allocator_traits<allocator>;

  static allocator allocator_of(const Handler& h) noexcept {
    return allocator(asio::get_associated_allocator(h, asio::recycling_allocator<void>()));
  }

 public:
  explicit edge_wait(Handler& h) : reactor_op({}, &came, &complete), handler_(std::move(h)) {}

  static edge_wait* make(Handler& h) {
    allocator from = allocator_of(h);
    edge_wait* const place = memory::allocate(from, 1);
    return ::new (static_cast<void*>(place)) edge_wait(h);
  }

  void set_key(void* key) noexcept { this->cancellation_key_ = key; }

 private:
  static status came(reactor_op* /*op*/) { return done_and_exhausted; }

  static void complete(void* owner, asio::detail::operation* base, const std::error_code& /*ec*/,
                       std::size_t /*n*/) {
    auto* const self = static_cast<edge_wait*>(base);
    asio::detail::binder0<Handler> call(0, std::move(self->handler_));
    allocator from = allocator_of(call.handler_);
    self->~edge_wait();
    memory::deallocate(from, self, 1);
    if (owner == nullptr) return;  // the loop is being destroyed
    // What waits in the reactor keeps the loop going; work of an executor is needed only from here on.
    work done(call.handler_, asio::get_associated_executor(call.handler_));
    asio::detail::fenced_block fence(asio::detail::fenced_block::half);
    done.complete(call, call.handler_);
  }

  Handler handler_;
};

inline asio::detail::reactor& reactor_of(loop_socket& socket) {
  return asio::use_service<asio::detail::reactor>(asio::query(socket.executor(), asio::execution::context));
}

inline int reactor_word(readiness what) noexcept {
  return what == readiness::to_read ? asio::detail::reactor::read_op : asio::detail::reactor::write_op;
}

template <class OnCancel, class Handler>
void ready_wait::begin(loop_socket& socket, readiness what, OnCancel on_cancel, Handler handler) {
  what_ = what;
  auto slot = asio::get_associated_cancellation_slot(handler);
  auto* const op = edge_wait<Handler>::make(handler);
  op->set_key(this);
  if (slot.is_connected()) slot.assign([on_cancel](asio::cancellation_type) { on_cancel(); });
  reactor_of(socket).start_op(reactor_word(what), socket.descriptor(), socket.in_loop().place().reactor_data_,
                              op,
                              /*is_continuation=*/false, /*allow_speculative=*/true);
}

// resuming goes on with the coroutine that waits itself. Under asio::use_awaitable each wait would be one
// more coroutine, with a frame of its own.
class resuming : public asio::detail::awaitable_handler_base<asio::any_io_executor, void> {
 public:
  using awaitable_handler_base::awaitable_handler_base;

  void operator()() {
    asio::detail::awaitable_frame_base<asio::any_io_executor>* const waits = this->frame();
    waits->attach_thread(this);
    waits->clear_cancellation_slot();
    this->pump();
  }
};

template <class Wait>
auto ready_wait::awaited(Wait wait) {
  // Asio calls it when the coroutine is suspended.
  return [wait](asio::detail::awaitable_frame_base<asio::any_io_executor>* waits)
             -> asio::detail::awaitable_thread<asio::any_io_executor>* {
    wait(resuming(waits->detach_thread()));
    return nullptr;
  };
}

inline void ready_wait::wake(loop_socket& socket) noexcept {
  if (!socket.is_open()) return;
  reactor_of(socket).cancel_ops_by_key(socket.descriptor(), socket.in_loop().place().reactor_data_,
                                       reactor_word(what_), this);
}

#else

template <class OnCancel, class Handler>
void ready_wait::begin(loop_socket& socket, readiness what, OnCancel on_cancel, Handler handler) {
  what_ = what;
  auto slot = asio::get_associated_cancellation_slot(handler);
  if (slot.is_connected()) slot.assign([on_cancel](asio::cancellation_type) { on_cancel(); });
  const auto ex = asio::get_associated_executor(handler);
  auto then = [h = std::move(handler)](std::error_code) mutable { std::move(h)(); };
  socket.in_loop().async_wait(
      what_ == readiness::to_read ? asio::socket_base::wait_read : asio::socket_base::wait_write,
      asio::bind_cancellation_slot(signal_.slot(), asio::bind_executor(ex, std::move(then))));
}

template <class Wait>
auto ready_wait::awaited(Wait wait) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [wait](auto&& handler) { wait(std::forward<decltype(handler)>(handler)); }, asio::use_awaitable);
}

inline void ready_wait::wake(loop_socket& /*socket*/) noexcept {
  signal_.emit(asio::cancellation_type::terminal);
}

#endif

STLS_NAMESPACE_END
