#include "lua/conn_info.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stls::lua {

namespace {

// What is unknown is left out.
void set_known(lua_State* L, const char* name, std::string_view value) {
  if (!value.empty()) set_field(L, name, value);
}

void set_flag(lua_State* L, const char* name, bool value) {
  lua_pushboolean(L, value ? 1 : 0);
  lua_setfield(L, -2, name);
}

void set_number(lua_State* L, const char* name, std::int64_t value) {
  lua_pushinteger(L, static_cast<lua_Integer>(value));
  lua_setfield(L, -2, name);
}

void set_list(lua_State* L, const char* name, const std::vector<std::string>& list) {
  lua_createtable(L, static_cast<int>(list.size()), 0);
  for (std::size_t i = 0; i < list.size(); i++) {
    push(L, list[i]);
    lua_rawseti(L, -2, static_cast<int>(i + 1));
  }
  lua_setfield(L, -2, name);
}

// Seconds since 1970, as os.time gives.
void set_time(lua_State* L, const char* name, const std::optional<std::chrono::sys_seconds>& t) {
  if (t) set_number(L, name, t->time_since_epoch().count());
}

void push_peer(lua_State* L, const peer_certificate& peer) {
  lua_newtable(L);
  set_field(L, "subject", peer.subject);
  set_field(L, "issuer", peer.issuer);
  set_known(L, "common_name", peer.common_name);
  set_list(L, "dns_names", peer.dns_names);
  set_list(L, "ip_addresses", peer.ip_addresses);
  set_list(L, "emails", peer.emails);
  set_list(L, "uris", peer.uris);
  set_time(L, "not_before", peer.not_before);
  set_time(L, "not_after", peer.not_after);
  set_field(L, "hash", peer.hash);
}

void push_chain(lua_State* L, const std::vector<std::vector<std::byte>>& chain) {
  lua_createtable(L, static_cast<int>(chain.size()), 0);
  for (std::size_t i = 0; i < chain.size(); i++) {
    push(L, {reinterpret_cast<const char*>(chain[i].data()), chain[i].size()});
    lua_rawseti(L, -2, static_cast<int>(i + 1));
  }
}

void push_ocsp(lua_State* L, const ocsp_info& ocsp) {
  lua_newtable(L);
  set_known(L, "url", ocsp.url);
  set_known(L, "result", ocsp.result);
  if (ocsp.response_status >= 0) set_number(L, "response_status", ocsp.response_status);
  if (ocsp.cert_status >= 0) set_number(L, "cert_status", ocsp.cert_status);
  if (ocsp.crl_reason >= 0) set_number(L, "crl_reason", ocsp.crl_reason);
  set_time(L, "this_update", ocsp.this_update);
  set_time(L, "next_update", ocsp.next_update);
  set_time(L, "revocation_time", ocsp.revocation_time);
}

}  // namespace

template <>
const char box<conn_info>::name[] = "stls.conn_info";
template <>
const char box<secret>::name[] = "stls.secret";

void push_info(lua_State* L, const conn_info& known) {
  if (known.engine.empty()) return lua_pushnil(L);
  lua_newtable(L);
  set_field(L, "engine", known.engine);
  set_field(L, "version", known.version);
  set_field(L, "cipher", known.cipher);
  set_number(L, "cipher_strength", known.cipher_strength);
  set_known(L, "group", known.group);
  set_known(L, "alpn", known.alpn);
  set_known(L, "servername", known.servername);
  set_flag(L, "resumed", known.resumed);
  push_ocsp(L, known.ocsp);
  lua_setfield(L, -2, "ocsp");
  if (!known.peer_certificate_given) return;
  push_peer(L, known.peer);
  lua_setfield(L, -2, "peer");
  push_chain(L, known.peer_chain);
  lua_setfield(L, -2, "peer_chain");
}

}  // namespace stls::lua
