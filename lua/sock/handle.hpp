// handle: sockets as Lua has them: tcp, cstcp, sstcp.
#pragma once

#include "lua/api.hpp"
#include "lua/hooks.hpp"
#include "lua/object.hpp"
#include "lua/sock/loop.hpp"

#include <stls/sock/expires.hpp>
#include <stls/sock/stcp.hpp>
#include <stls/sock/stcp_server.hpp>
#include <stls/sock/task.hpp>
#include <stls/sock/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace stls::lua {

// socket is one descriptor with what was put on it. A tcp, and the cstcp or sstcp that was made of it, share
// one.
class socket : public loop::resident {
 public:
  enum class kind : std::uint8_t { plain, secure, server };

  socket(loop& in, tcp from) : resident(in), plain_(std::move(from)) {}
  socket(loop& in, stcp from) : resident(in), now_(kind::secure), secure_(std::move(from)) {}

  [[nodiscard]] kind now() const noexcept { return now_; }
  [[nodiscard]] tcp& plain() noexcept { return plain_; }
  [[nodiscard]] stcp& secure() noexcept { return secure_; }
  [[nodiscard]] stcp_server& server() noexcept { return server_; }
  void become(stcp made) {
    secure_ = std::move(made);
    now_ = kind::secure;
  }
  void become(stcp_server made) {
    server_ = std::move(made);
    now_ = kind::server;
  }
  // lower is the TCP socket, whatever is on it.
  [[nodiscard]] tcp& lower() noexcept {
    if (now_ == kind::plain) return plain_;
    return now_ == kind::secure ? secure_.lower() : server_.lower();
  }

  // The verbs that both kinds of streams have.
  task<std::size_t> recv(std::span<std::byte> into, expires e) {
    return now_ == kind::plain ? plain_.recv(into, e) : secure_.recv(into, e);
  }
  task<> recvn(std::span<std::byte> into, expires e) {
    return now_ == kind::plain ? plain_.recvn(into, e) : secure_.recvn(into, e);
  }
  task<> recvall(std::vector<std::byte>& into, std::size_t limit, expires e) {
    return now_ == kind::plain ? plain_.recvall(into, limit, e) : secure_.recvall(into, limit, e);
  }
  task<> send(std::span<const std::byte> from, expires e) {
    return now_ == kind::plain ? plain_.send(from, e) : secure_.send(from, e);
  }

  // abandon closes it as its destruction does, which jobs that wait on it would put off: these end with
  // `closed`.
  void abandon() noexcept {
    plain_ = {};
    secure_ = {};
    server_ = {};
  }

 private:
  void evict() noexcept override { abandon(); }

  kind now_ = kind::plain;
  tcp plain_;
  stcp secure_;
  stcp_server server_;
};

// handle is what the three classes of Lua have in common. Its anchors: the functions of its config, and what
// the program has put into it.
struct handle {
  std::shared_ptr<socket> of{};
  std::shared_ptr<hooks> told{};
};
struct tcp_handle : handle {
  static constexpr char name[] = "sock.tcp";
};
struct cstcp_handle : handle {
  static constexpr char name[] = "stls.cstcp";
};
struct sstcp_handle : handle {
  static constexpr char name[] = "stls.sstcp";
};

// The anchors of a handle; hook_functions of callbacks.hpp is the fourth.
enum handle_anchor : int { own_fields = 5 };

// push_handle pushes one that stands for a socket.
template <class Handle>
Handle& push_handle(lua_State* L, const std::shared_ptr<socket>& of) {
  auto& made = object<Handle>::push(L);
  made.of = of;
  return made;
}

// handle_at gives the one that is an argument, of any class, and open_handle_at one of a class. They raise
// for one that a variable with <close> has let go.
[[nodiscard]] handle& handle_at(lua_State* L, int at);
handle& check_open(lua_State* L, int at, handle&);
template <class Handle>
[[nodiscard]] handle& open_handle_at(lua_State* L, int at) {
  return check_open(L, at, object<Handle>::check(L, at));
}
// plain_at gives a tcp that TLS is not on.
[[nodiscard]] handle& plain_at(lua_State* L, int at);

// tell_owner tells the functions of a handle's config what there is to tell; other values have none.
void tell_owner(lua_State* L, int at);

// The parts of define_handle.
int drop_handle(lua_State* L);
void finish_class(lua_State* L, const char* name);

// define_handle makes a class, with the methods that stand in the table on top of the stack, which is popped.
// Each gets an alias with `try_` before its name. What is no method is a field: addresses, `tcp`, and what
// the program sets.
template <class Handle>
void define_handle(lua_State* L) {
  object<Handle>::define(L, {}, drop_handle);
  finish_class(L, Handle::name);
}

// add_socket_methods adds the methods that every socket has to the table on top, add_stream_methods those
// that move bytes.
void add_socket_methods(lua_State* L);
void add_stream_methods(lua_State* L);
// add_reader_function adds `reader_of`, of which the method recvall_read is made, to the table on top.
void add_reader_function(lua_State* L);

}  // namespace stls::lua
