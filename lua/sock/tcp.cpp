#include "lua/sock/tcp.hpp"

#include "lua/object.hpp"
#include "lua/sock/addresses.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/socket_job.hpp"
#include "lua/sock/words.hpp"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stls::lua {

namespace {

// What connects or listens somewhere: addresses are tried one after the other, a name as stls does it.
class place_job : public socket_job {
 public:
  place_job(std::shared_ptr<socket> of, const place& where)
      : socket_job(std::move(of)), host_(where.host), port_(where.port), found_(where.found) {}

 protected:
  // go does it at one place.
  virtual task<> go(const std::string& host, std::uint16_t port) = 0;

  asio::awaitable<void> try_all() {
    if (found_.empty()) {
      auto done = co_await go(host_, port_);
      static_cast<void>(keep(done));
      co_return;
    }
    error last(errc::not_found, "no address of that family");
    for (const address& a : found_) {
      auto done = co_await go(a.host, a.port);
      if (done) co_return;
      if (done.error() == errc::not_found) continue;  // one of another family
      last = std::move(done.error());
      if (last == errc::timed_out || last == errc::cancelled || last == errc::closed) break;
    }
    fail(std::move(last));
  }

  std::string host_;
  std::uint16_t port_;
  std::vector<address> found_;
};

class connect_job final : public place_job {
 public:
  connect_job(std::shared_ptr<socket> of, const place& where, expires until)
      : place_job(std::move(of), where), until_(until) {}
  asio::awaitable<void> run() override { return try_all(); }

 private:
  task<> go(const std::string& host, std::uint16_t port) override {
    return of_->plain().connect(host, port, until_);
  }
  expires until_;
};

// connect(host, port, [expires]), connect(ai, [expires])
int connect(lua_State* L) {
  lua_settop(L, 4);
  const handle& h = plain_at(L, 1);
  int next = 0;
  const place& where = place_at(L, 2, next);
  const expires until = expires_at(L, next);
  return await_job(L, 0, [&] { return std::make_shared<connect_job>(h.of, where, until); });
}

// Without a place it listens where the socket was bound.
class listen_job final : public place_job {
 public:
  static constexpr int only_bind = -2;

  // A null pointer is no place.
  listen_job(std::shared_ptr<socket> of, const place* where, int backlog)
      : place_job(std::move(of), where != nullptr ? *where : place()),
        binds_(where != nullptr),
        backlog_(backlog) {}

  asio::awaitable<void> run() override {
    if (binds_) co_await try_all();
    if (failure() != nullptr || backlog_ == only_bind) co_return;
    auto done = of_->plain().listen(backlog_);
    static_cast<void>(keep(done));
  }

 private:
  task<> go(const std::string& host, std::uint16_t port) override { return of_->plain().bind(host, port); }
  bool binds_;
  int backlog_;
};

// bind([host], [port])
int bind(lua_State* L) {
  const handle& h = plain_at(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 3);
    lua_pushliteral(L, "*");
    lua_replace(L, 2);
  }
  if (lua_isnoneornil(L, 3) && lua_type(L, 2) == LUA_TSTRING) {
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
  }
  int next = 0;
  const place& where = place_at(L, 2, next);
  return await_anywhere(L, [&] { return std::make_shared<listen_job>(h.of, &where, listen_job::only_bind); });
}

// listen([backlog], [host, port]), listen([backlog], [ai])
int listen(lua_State* L) {
  const handle& h = plain_at(L, 1);
  int backlog = tcp::max_backlog;
  if (lua_type(L, 2) == LUA_TNUMBER) {
    constexpr double most = std::numeric_limits<int>::max();
    if (static_cast<double>(lua_tonumber(L, 2)) > most) luaL_argerror(L, 2, "out of range");
    backlog = static_cast<int>(size_at(L, 2, 0));
    lua_remove(L, 2);
  }
  if (lua_isnoneornil(L, 2)) {
    return await_anywhere(L, [&] { return std::make_shared<listen_job>(h.of, nullptr, backlog); });
  }
  int next = 0;
  const place& where = place_at(L, 2, next);
  return await_anywhere(L, [&] { return std::make_shared<listen_job>(h.of, &where, backlog); });
}

class accept_job final : public socket_job {
 public:
  accept_job(loop& in, std::shared_ptr<socket> of, expires until)
      : socket_job(std::move(of)), in_(in), until_(until) {}

  asio::awaitable<void> run() override {
    auto came = co_await of_->plain().accept(until_);
    if (keep(came)) came_ = std::make_shared<socket>(in_, std::move(*came));
  }
  int push(lua_State* L, int anchors) override {
    if (failure() != nullptr) return socket_job::push(L, anchors);
    push_handle<tcp_handle>(L, came_);
    return 1;
  }

 private:
  loop& in_;
  expires until_;
  std::shared_ptr<socket> came_;
};

// accept([expires])
int accept(lua_State* L) {
  const handle& h = plain_at(L, 1);
  const expires until = expires_at(L, 2);
  loop& in = loop_of(L);
  return await_job(L, 0, [&] { return std::make_shared<accept_job>(in, h.of, until); });
}

// On a tcp that TLS is on, these are about the socket below: the peer takes what it got for truncated.

// shutdown([rw])
int shutdown(lua_State* L) {
  const handle& h = open_handle_at<tcp_handle>(L, 1);
  const direction d = direction_at(L, 2);
  return await_anywhere(
      L, [&] { return make_call<socket_job>(h.of, [d](socket& s) { return s.lower().shutdown(d); }); });
}

int close(lua_State* L) {
  const handle& h = open_handle_at<tcp_handle>(L, 1);
  return await_anywhere(
      L, [&] { return make_call<socket_job>(h.of, [](socket& s) { return s.lower().close(); }); });
}

// tcp([family])
int new_tcp(lua_State* L) {
  const int family = family_at(L, 1);
  loop& in = loop_of(L);
  auto& made = object<tcp_handle>::push(L);
  guarded(L, [&] { made.of = std::make_shared<socket>(in, tcp(in.io().get_executor(), family)); });
  return 1;
}

}  // namespace

void add_tcp_functions(lua_State* L) {
  lua_newtable(L);
  add_socket_methods(L);
  add_stream_methods(L);
  add_functions(L, {{"connect", connect},
                    {"bind", bind},
                    {"listen", listen},
                    {"accept", accept},
                    {"shutdown", shutdown},
                    {"close", close}});
  define_handle<tcp_handle>(L);
  add_functions(L, {{"tcp", new_tcp}});
}

}  // namespace stls::lua
