// The verbs that move bytes: of a tcp and of a cstcp.
#include "lua/callbacks.hpp"
#include "lua/object.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/socket_job.hpp"
#include "lua/sock/words.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

namespace stls::lua {

namespace {

void push_bytes(lua_State* L, std::span<const std::byte> bytes) {
  push(L, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// The socket of a verb that moves bytes.
const std::shared_ptr<socket>& stream_at(lua_State* L, int at) {
  const handle& h = handle_at(L, at);
  const bool below = h.of->now() == socket::kind::secure && object<tcp_handle>::find(L, at) != nullptr;
  if (below || h.of->now() == socket::kind::server)
    luaL_argerror(L, at, "the socket is in use by what was made of it");
  return h.of;
}

class stream_job : public socket_job {
 public:
  stream_job(std::shared_ptr<socket> of, expires until) noexcept : socket_job(std::move(of)), until_(until) {}

 protected:
  expires until_;
};

// -- receiving

// Into memory of Lua.
class recv_job final : public stream_job {
 public:
  recv_job(std::shared_ptr<socket> of, std::span<std::byte> into, expires until) noexcept
      : stream_job(std::move(of), until), into_(into) {}

  asio::awaitable<void> run() override {
    auto n = co_await of_->recv(into_, until_);
    if (keep(n)) came_ = *n;
  }
  int push(lua_State* L, int /*anchors*/) override {
    if (const error* const why = failure(); why != nullptr) return push_error(L, *why);
    lua_pushinteger(L, static_cast<lua_Integer>(came_));
    return 1;
  }

 private:
  std::span<std::byte> into_;
  std::size_t came_ = 0;
};

// As a string. A thread that waits has little memory set aside: only if that is full there may be more.
class recv_string_job final : public stream_job {
 public:
  recv_string_job(std::shared_ptr<socket> of, std::size_t most, expires until)
      : stream_job(std::move(of), until), most_(most), room_(std::min(most, little)) {}

  asio::awaitable<void> run() override {
    auto n = co_await of_->recv(room_, until_);
    if (!keep(n)) co_return;
    came_ = *n;
    if (came_ < room_.size() || came_ == most_) co_return;
    const std::size_t more = std::min({most_ - came_, much, there()});
    if (more == 0) co_return;
    try {
      room_.resize(came_ + more);
    } catch (const std::bad_alloc&) {
      co_return;  // what came is enough
    }
    n = co_await of_->recv(std::span(room_).subspan(came_), expires::clock::time_point());
    if (n) came_ += *n;
  }
  int push(lua_State* L, int /*anchors*/) override {
    if (const error* const why = failure(); why != nullptr) return push_error(L, *why);
    push_bytes(L, std::span(room_).first(came_));
    return 1;
  }

 private:
  // there gives how much may be received now, and with it no error: a TCP socket tells that only once, while
  // TLS does so again.
  [[nodiscard]] std::size_t there() const noexcept {
    if (of_->now() != socket::kind::plain) return much;
    int n = 0;
    if (::ioctl(of_->plain().native_handle(), FIONREAD, &n) != 0) return 0;
    return static_cast<std::size_t>(std::max(n, 0));
  }

  static constexpr std::size_t much = 65536;
  static constexpr std::size_t little = 1280;  // no power of two: messages of such sizes do not fill it
  std::size_t most_;
  std::vector<std::byte> room_;
  std::size_t came_ = 0;
};

constexpr std::size_t usual_size = 16384;

// recv(buf, maxlen, [expires]), recv([maxlen], [expires])
int recv(lua_State* L) {
  const auto& of = stream_at(L, 1);
  if (lua_type(L, 2) == type_cdata) {
    const std::span<std::byte> into(static_cast<std::byte*>(pointer_at(L, 2)), size_at(L, 3, 1));
    const expires until = expires_at(L, 4);
    return await_job(L, 2, [&] { return std::make_shared<recv_job>(of, into, until); });
  }
  // As with libtls: a place for the buffer may be there, and empty.
  const std::size_t most = lua_isnoneornil(L, 2) ? usual_size : size_at(L, 2, 1);
  const expires until = expires_at(L, 3);
  return await_job(L, 0, [&] { return std::make_shared<recv_string_job>(of, most, until); });
}

class recvn_job final : public stream_job {
 public:
  // With no memory of Lua it has its own. That is not touched before bytes come.
  recvn_job(std::shared_ptr<socket> of, std::byte* into, std::size_t size, expires until)
      : stream_job(std::move(of), until), size_(size) {
    if (into == nullptr) own_ = std::unique_ptr<std::byte[]>(new std::byte[size]);
    into_ = into != nullptr ? into : own_.get();
  }

  asio::awaitable<void> run() override {
    auto done = co_await of_->recvn({into_, size_}, until_);
    static_cast<void>(keep(done));
  }
  int push(lua_State* L, int anchors) override {
    const error* const why = failure();
    if (why != nullptr) push_error(L, *why);
    const std::size_t came = why != nullptr ? why->transferred : size_;
    if (own_ != nullptr) {
      push_bytes(L, {own_.get(), came});
    } else {
      if (why == nullptr) lua_rawgeti(L, anchors, used_memory);
      lua_pushinteger(L, static_cast<lua_Integer>(came));
    }
    return (why != nullptr ? 2 : 0) + (own_ == nullptr && why == nullptr ? 2 : 1);
  }

 private:
  std::byte* into_;
  std::size_t size_;
  std::unique_ptr<std::byte[]> own_;
};

// recvn(buf, n, [expires]), recvn(n, [expires])
int recvn(lua_State* L) {
  const auto& of = stream_at(L, 1);
  const bool has_buffer = lua_type(L, 2) == type_cdata;
  const std::size_t n = size_at(L, has_buffer ? 3 : 2, 0);
  const expires until = expires_at(L, has_buffer ? 4 : 3);
  auto* const into = has_buffer ? static_cast<std::byte*>(pointer_at(L, 2)) : nullptr;
  return await_job(L, has_buffer ? 2 : 0, [&] { return std::make_shared<recvn_job>(of, into, n, until); });
}

class recvall_job final : public stream_job {
 public:
  recvall_job(std::shared_ptr<socket> of, std::size_t limit, expires until)
      : stream_job(std::move(of), until), limit_(limit) {}

  asio::awaitable<void> run() override {
    auto done = co_await of_->recvall(all_, limit_, until_);
    static_cast<void>(keep(done));
  }
  int push(lua_State* L, int /*anchors*/) override {
    const error* const why = failure();
    if (why != nullptr) push_error(L, *why);
    push_bytes(L, all_);
    lua_pushinteger(L, static_cast<lua_Integer>(all_.size()));
    return why != nullptr ? 4 : 2;
  }

 private:
  std::size_t limit_;
  std::vector<std::byte> all_;
};

// recvall([expires], [limit])
int recvall(lua_State* L) {
  const auto& of = stream_at(L, 1);
  const expires until = expires_at(L, 2);
  constexpr std::size_t no_limit = std::numeric_limits<std::ptrdiff_t>::max();
  const std::size_t limit = lua_isnoneornil(L, 3) ? no_limit : size_at(L, 3, 0);
  return await_job(L, 0, [&] { return std::make_shared<recvall_job>(of, limit, until); });
}

// -- sending

class send_job final : public stream_job {
 public:
  send_job(std::shared_ptr<socket> of, std::span<const std::byte> from, expires until)
      : stream_job(std::move(of), until), from_(from) {}

  asio::awaitable<void> run() override {
    auto done = co_await of_->send(from_, until_);
    static_cast<void>(keep(done));
  }
  int push(lua_State* L, int anchors) override {
    const int values = stream_job::push(L, anchors);
    if (failure() == nullptr) return values;
    lua_pushinteger(L, static_cast<lua_Integer>(failure()->transferred));
    return values + 1;
  }

 private:
  std::span<const std::byte> from_;
};

// send(s, [len], [expires]), send(buf, len, [expires])
int send(lua_State* L) {
  const auto& of = stream_at(L, 1);
  const std::span<const std::byte> from = bytes_at(L, 2);
  const expires until = expires_at(L, 4);
  return await_job(L, 2, [&] { return std::make_shared<send_job>(of, from, until); });
}

// -- what recvall_read gives

// A function over a string; its place in there is its second upvalue, beside those of the module.
enum reader_upvalue : int { read_from = sock_upvalues + 1, read_up_to };

// read(buf, n), read([n])
int read(lua_State* L) {
  const std::string_view all = string_at(L, lua_upvalueindex(read_from));
  const auto at = static_cast<std::size_t>(lua_tonumber(L, lua_upvalueindex(read_up_to)));
  const bool has_buffer = lua_type(L, 1) == type_cdata;
  const int size = has_buffer ? 2 : 1;
  const std::size_t most = !has_buffer && lua_isnoneornil(L, 1) ? usual_size : size_at(L, size, 0);
  if (at == all.size() && most != 0) {
    lua_pushnil(L);
    lua_pushliteral(L, "eof");
    return 2;
  }
  const std::string_view some = all.substr(at, most);
  if (has_buffer) {
    if (!some.empty()) std::memcpy(pointer_at(L, 1), some.data(), some.size());
    lua_pushinteger(L, static_cast<lua_Integer>(some.size()));
  } else {
    push(L, some);
  }
  lua_pushnumber(L, static_cast<lua_Number>(at + some.size()));
  lua_replace(L, lua_upvalueindex(read_up_to));
  return 1;
}

// reader_of(s) gives a function over a string.
int reader_of(lua_State* L) {
  luaL_checktype(L, 1, LUA_TSTRING);
  push_sock_upvalues(L);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, read, read_up_to);
  return 1;
}

}  // namespace

void add_reader_function(lua_State* L) { add_functions(L, {{"reader_of", reader_of}}); }

void add_stream_methods(lua_State* L) {
  add_functions(L, {{"recv", recv}, {"recvn", recvn}, {"recvall", recvall}, {"send", send}});
  push_anchors(L, lua_upvalueindex(the_loop));
  lua_rawgeti(L, -1, recvall_read_method);
  lua_setfield(L, -3, "recvall_read");
  lua_pop(L, 1);
}

}  // namespace stls::lua
