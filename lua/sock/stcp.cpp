#include "lua/sock/stcp.hpp"

#include "lua/callbacks.hpp"
#include "lua/conf.hpp"
#include "lua/conn_info.hpp"
#include "lua/cts.hpp"
#include "lua/object.hpp"
#include "lua/refusal.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/socket_job.hpp"
#include "lua/sock/words.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace stls::lua {

namespace {

// connect([vhost], [expires])
int connect(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  const std::string_view vhost =
      lua_isnoneornil(L, 2) ? std::string_view() : (luaL_checkstring(L, 2), string_at(L, 2));
  const expires until = expires_at(L, 3);
  return await_job(L, 0, [&] {
    return make_call<secure_job>(
        h.of, [to = std::string(vhost), until](socket& s) { return s.secure().connect(to, until); });
  });
}

// handshake([expires])
int handshake(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  const expires until = expires_at(L, 2);
  return await_job(L, 0, [&] {
    return make_call<secure_job>(h.of, [until](socket& s) { return s.secure().handshake(until); });
  });
}

// shutdown([rw], [expires])
int shutdown(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  const direction d = direction_at(L, 2);
  const expires until = expires_at(L, 3);
  return await_anywhere(L, [&] {
    return make_call<secure_job>(h.of, [d, until](socket& s) { return s.secure().shutdown(d, until); });
  });
}

// close([expires])
int close(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  const expires until = expires_at(L, 2);
  return await_anywhere(
      L, [&] { return make_call<secure_job>(h.of, [until](socket& s) { return s.secure().close(until); }); });
}

int info(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  return push_info_of(L, [&] { return h.of->secure().info(); });
}

int export_session(lua_State* L) {
  const handle& h = open_handle_at<cstcp_handle>(L, 1);
  return push_session(L, [&] { return h.of->secure().export_session(); });
}

// -- the server

class accept_job final : public secure_job {
 public:
  accept_job(loop& in, std::shared_ptr<socket> of, expires until)
      : secure_job(std::move(of)), in_(in), until_(until) {}
  asio::awaitable<void> run() override {
    auto came = co_await of_->server().accept(until_);
    if (keep(came)) came_ = std::make_shared<socket>(in_, std::move(*came));
  }
  int push(lua_State* L, int anchors) override {
    if (failure() != nullptr) return secure_job::push(L, anchors);
    auto& made = push_handle<cstcp_handle>(L, came_);
    lua_rawgeti(L, anchors, used_object);
    made.told = handle_at(L, lua_gettop(L)).told;  // with the functions that are there now: see reload
    take_hooks_of(L, -2, -1);
    lua_pop(L, 1);
    return 1;
  }

 private:
  // The functions that a handle's config has are another one's, too.
  static void take_hooks_of(lua_State* L, int to, int from) {
    to = absolute(L, to);
    push_anchors(L, from);
    lua_rawgeti(L, -1, hook_functions);
    push_anchors(L, to);
    lua_insert(L, -2);
    lua_rawseti(L, -2, hook_functions);
    lua_pop(L, 2);
  }

  loop& in_;
  expires until_;
  std::shared_ptr<socket> came_;
};

// accept([expires])
int accept(lua_State* L) {
  const handle& h = open_handle_at<sstcp_handle>(L, 1);
  const expires until = expires_at(L, 2);
  loop& in = loop_of(L);
  return await_job(L, 0, [&] { return std::make_shared<accept_job>(in, h.of, until); });
}

// sstcp:close([expires])
int close_server(lua_State* L) {
  const handle& h = open_handle_at<sstcp_handle>(L, 1);
  const expires until = expires_at(L, 2);
  return await_anywhere(
      L, [&] { return make_call<secure_job>(h.of, [until](socket& s) { return s.server().close(until); }); });
}

// reload(conf)
int reload(lua_State* L) {
  lua_settop(L, 2);
  handle& h = open_handle_at<sstcp_handle>(L, 1);
  const conf* const to = to_conf(L, 2);
  if (to == nullptr) return 3;
  refusal why;
  guarded(L, [&] {
    auto done = h.of->server().reload(to->handle);
    if (!done) return why.set(done.error());
    h.told = to->told;
  });
  if (!why.given()) take_hooks(L, 1, 2);
  tell(L, h.told, 1);  // also what is wrong with a config that was refused
  return why.given() ? why.push(L) : succeed(L);
}

// -- the functions of the module

// client_stcp(tcp, servername, opt, [session])
int client_stcp(lua_State* L) {
  lua_settop(L, 4);
  const handle& below = plain_at(L, 1);
  const std::string_view servername =
      lua_isnil(L, 2) ? std::string_view() : (luaL_checkstring(L, 2), string_at(L, 2));
  std::string_view session;
  if (!lua_isnil(L, 4)) session = (luaL_checkstring(L, 4), string_at(L, 4));
  const conf* const with = to_conf(L, 3);
  if (with == nullptr) return 3;
  auto& made = push_handle<cstcp_handle>(L, below.of);
  take_hooks(L, -1, 3);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "tcp");
  refusal why;
  guarded(L, [&] {
    auto on = stls::client_stcp(std::move(below.of->plain()), servername, with->handle,
                                std::as_bytes(std::span(session)));
    if (!on) return why.set(on.error());
    below.of->become(std::move(*on));
    made.told = with->told;
  });
  tell(L, with->told, -1);
  return why.given() ? why.push(L) : 1;
}

// server_stcp(tcp, opt)
int server_stcp(lua_State* L) {
  lua_settop(L, 2);
  const handle& below = plain_at(L, 1);
  const conf* const with = to_conf(L, 2);
  if (with == nullptr) return 3;
  auto& made = push_handle<sstcp_handle>(L, below.of);
  take_hooks(L, -1, 2);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "tcp");
  refusal why;
  guarded(L, [&] {
    auto on = stls::server_stcp(std::move(below.of->plain()), with->handle);
    if (!on) return why.set(on.error());
    below.of->become(std::move(*on));
    made.told = with->told;
  });
  tell(L, with->told, -1);
  return why.given() ? why.push(L) : 1;
}

}  // namespace

void add_stcp_functions(lua_State* L) {
  lua_newtable(L);
  add_socket_methods(L);
  add_stream_methods(L);
  add_functions(L, {{"connect", connect},
                    {"handshake", handshake},
                    {"shutdown", shutdown},
                    {"close", close},
                    {"info", info},
                    {"export_session", export_session}});
  define_handle<cstcp_handle>(L);
  lua_newtable(L);
  add_socket_methods(L);
  add_functions(L, {{"accept", accept}, {"reload", reload}, {"close", close_server}});
  define_handle<sstcp_handle>(L);
  add_functions(L, {{"client_stcp", client_stcp}, {"server_stcp", server_stcp}});
}

}  // namespace stls::lua
