// The options by name, in one list.
#include "lua/draft.hpp"

#include "base/file.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "lua/object.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace stls::lua {

namespace {

// -- what an option may be

struct words {  // a text; of its file a line end at the end is not part of it
  std::string options::*field;
};
struct octets {  // a string of any bytes
  std::string options::*field;
};
struct document {
  material options::*field;
};
struct flag {
  bool options::*field;
};
struct number {
  int options::*field;
};
struct seconds {
  std::optional<std::chrono::seconds> options::*field;
};
struct count {
  std::optional<std::size_t> options::*field;
};
struct function {
  hook which;
};
struct keypair_list {};
struct ticket_key_list {};
struct data_list {};
struct verification {};  // undoes the options insecure_noverify*

struct option {
  const char* name;
  std::variant<words, octets, document, flag, number, seconds, count, function, keypair_list, ticket_key_list,
               data_list, verification>
      kind;
};

constexpr std::array known{
    // libtls's 24
    option{"alpn", words{&options::alpn}}, option{"ca", document{&options::ca}},
    option{"cert", document{&options::cert}}, option{"key", document{&options::key}},
    option{"ocsp_staple", document{&options::ocsp_staple}}, option{"crl", document{&options::crl}},
    option{"keypairs", keypair_list{}}, option{"ticket_keys", ticket_key_list{}},
    option{"ciphers", words{&options::ciphers}}, option{"dheparams", words{&options::dheparams}},
    option{"ecdhecurve", words{&options::ecdhecurve}}, option{"ecdhecurves", words{&options::ecdhecurves}},
    option{"protocols", words{&options::protocols}}, option{"verify_depth", number{&options::verify_depth}},
    option{"prefer_ciphers_client", flag{&options::prefer_ciphers_client}},
    option{"prefer_ciphers_server", flag{&options::prefer_ciphers_server}},
    option{"insecure_noverifycert", flag{&options::insecure_noverifycert}},
    option{"insecure_noverifyname", flag{&options::insecure_noverifyname}},
    option{"insecure_noverifytime", flag{&options::insecure_noverifytime}},
    option{"ocsp_require_stapling", flag{&options::ocsp_require_stapling}},
    option{"verify_client", flag{&options::verify_client}},
    option{"verify_client_optional", flag{&options::verify_client_optional}},
    option{"session_id", octets{&options::session_id}},
    option{"session_lifetime", seconds{&options::session_lifetime}},
    // stls's own
    option{"engine", words{&options::engine}}, option{"ca_path", words{&options::ca_path}},
    option{"ca_system", flag{&options::ca_system}}, option{"key_password", words{&options::key_password}},
    option{"sessions", count{&options::sessions}}, option{"on_session", function{hook::on_session}},
    option{"ocsp_request", flag{&options::ocsp_request}}, option{"keylog", function{hook::keylog}},
    option{"on_handshake", function{hook::on_handshake}}, option{"on_warning", function{hook::on_warning}},
    option{"revocation", words{&options::revocation}}, option{"crlite_dir", words{&options::crlite_dir}},
    option{"crlite_data", data_list{}}, option{"deny_list", document{&options::deny_list}},
    option{"verify", verification{}},  // the last: it has the last word
};

constexpr std::string_view file_suffix = "_file";

using field = std::pair<const char*, bool>;  // a name, and whether it may be a file

constexpr auto known_fields = [] {
  std::array<field, known.size()> fields{};
  for (std::size_t i = 0; i < known.size(); i++) {
    const auto& kind = known[i].kind;
    const bool can_be_file = std::holds_alternative<words>(kind) || std::holds_alternative<octets>(kind) ||
                             std::holds_alternative<document>(kind);
    fields[i] = {known[i].name, can_be_file};
  }
  return fields;
}();

// -- places, for complaints

// place is where a value stands: "ca", or "keypairs[2].cert".
struct place {
  const char* name;
  const char* list = nullptr;
  int index = 0;

  // text is on the stack, and stays there.
  [[nodiscard]] const char* text(lua_State* L) const {
    return list == nullptr ? lua_pushfstring(L, "%s", name)
                           : lua_pushfstring(L, "%s[%d].%s", list, index, name);
  }
};

int wrong_type(lua_State* L, const place& at, const char* wanted) {
  const char* got = luaL_typename(L, -1);
  return luaL_error(L, "option '%s': %s expected, got %s", at.text(L), wanted, got);
}

// -- values

// take_field pushes the value of a key, if there is one.
bool take_field(lua_State* L, int table, const char* key) {
  lua_getfield(L, table, key);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

// given is a string in the table, or the path of a file under the key NAME_file. It is on the stack then.
enum class given : std::uint8_t { nothing, text, path };

given take_string(lua_State* L, int table, const place& at) {
  const bool has_text = take_field(L, table, at.name);
  if (has_text && lua_type(L, -1) != LUA_TSTRING) wrong_type(L, at, "string");
  lua_pushfstring(L, "%s_file", at.name);
  lua_gettable(L, table);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return has_text ? given::text : given::nothing;
  }
  if (has_text) luaL_error(L, "option '%s': given as a text and as a file", at.text(L));
  if (lua_type(L, -1) != LUA_TSTRING) {
    const char* file_name = lua_pushfstring(L, "%s_file", at.name);
    lua_insert(L, -2);
    wrong_type(L, {file_name, at.list, at.index}, "string");
  }
  return given::path;
}

double whole_number(lua_State* L, const place& at, double least, double most) {
  if (lua_type(L, -1) != LUA_TNUMBER) wrong_type(L, at, "whole number");
  const double n = static_cast<double>(lua_tonumber(L, -1));
  if (std::floor(n) != n || n < least || n > most)
    luaL_error(L, "option '%s': no number that it can be", at.text(L));
  return n;
}

bool boolean(lua_State* L, const place& at) {
  if (!lua_isboolean(L, -1)) wrong_type(L, at, "boolean");
  return lua_toboolean(L, -1) != 0;
}

constexpr std::size_t largest_file = std::size_t(1) << 20;

void strip_line_end(std::string& text) {
  if (!text.ends_with('\n')) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

// Reads a string, which may be a secret, into one that is empty; a file that cannot be read is the refusal.
given read_string(lua_State* L, int table, const place& at, std::string& into, refusal& why) {
  const given how = take_string(L, table, at);
  if (how == given::nothing) return how;
  const std::string_view s = string_at(L, -1);
  guarded(L, [&] {
    if (how == given::text) {
      into = s;
    } else if (auto content = read_file(std::string(s), largest_file)) {
      into = std::move(*content);
      wipe(*content);  // a short string is copied by a move
    } else if (!why.given()) {
      content.error().message.insert(0, cat({at.name, file_suffix, ": "}));
      why.set(content.error());
    }
  });
  lua_pop(L, 1);
  return how;
}

bool read_document(lua_State* L, int table, const place& at, material& into) {
  const given how = take_string(L, table, at);
  if (how == given::nothing) return false;
  const std::string_view s = string_at(L, -1);
  guarded(L, [&] { into = how == given::text ? material::text(s) : material::file(std::string(s)); });
  lua_pop(L, 1);
  return true;
}

// -- unknown keys

bool is_known(std::string_view key, std::span<const field> fields) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const field& f) {
    const std::string_view name = f.first;
    return key == name || (f.second && key.starts_with(name) && key.substr(name.size()) == file_suffix);
  });
}

// complain_of_key raises, and says which name may have been meant.
void complain_of_key(lua_State* L, std::string_view key, const place* inside, std::span<const field> fields) {
  std::array<char, 64> meant{};  // longer than any name
  guarded(L, [&] {
    std::vector<std::string> names;
    for (const auto& [name, can_be_file] : fields) {
      names.emplace_back(name);
      if (can_be_file) names.push_back(cat({name, file_suffix}));
    }
    const std::vector<std::string_view> known_names(names.begin(), names.end());
    nearest(key, known_names).copy(meant.data(), meant.size() - 1);
  });
  const char* where = inside == nullptr ? "" : lua_pushfstring(L, " in %s[%d]", inside->list, inside->index);
  const char* hint = meant.front() == '\0' ? "" : lua_pushfstring(L, "; did you mean '%s'?", meant.data());
  luaL_error(L, "unknown option '%s'%s%s", key.data(), where, hint);
}

// check_keys raises where a table has a key that has no meaning.
void check_keys(lua_State* L, int table, const place* inside, std::span<const field> fields) {
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "options are named by strings, not by a %s", luaL_typename(L, -1));
    const std::string_view key = string_at(L, -1);
    if (!is_known(key, fields)) complain_of_key(L, key, inside, fields);
  }
}

// -- lists

// for_each calls visit(index) with each element of the list on top of the stack, while that is on top itself.
template <class Visit>
void for_each(lua_State* L, const char* name, const char* of_what, int type, Visit visit) {
  if (!lua_istable(L, -1)) wrong_type(L, {name}, of_what);
  const int list = lua_gettop(L);
  const int size = static_cast<int>(length(L, list));
  lua_pushnil(L);
  for (int n = 0; lua_next(L, list) != 0; lua_pop(L, 1)) {
    if (++n > size) luaL_error(L, "option '%s': %s expected, without gaps or names", name, of_what);
  }
  for (int i = 1; i <= size; i++) {
    lua_rawgeti(L, list, i);
    if (lua_type(L, -1) != type)
      luaL_error(L, "option '%s[%d]': %s expected, got %s", name, i, lua_typename(L, type),
                 luaL_typename(L, -1));
    visit(i);
    lua_pop(L, 1);
  }
}

constexpr std::array<field, 3> keypair_fields{{{"cert", true}, {"key", true}, {"ocsp_staple", true}}};
constexpr std::array<field, 4> ticket_key_fields{
    {{"keyrev", false}, {"key", true}, {"ticket_key_rev", false}, {"ticket_key", true}}};

void read_keypairs(lua_State* L, options& opt) {
  for_each(L, "keypairs", "list of keypairs", LUA_TTABLE, [&](int i) {
    const int table = lua_gettop(L);
    const place here{nullptr, "keypairs", i};
    check_keys(L, table, &here, keypair_fields);
    keypair* pair = nullptr;
    guarded(L, [&] { pair = &opt.keypairs.emplace_back(); });
    read_document(L, table, {"cert", here.list, i}, pair->cert);
    read_document(L, table, {"key", here.list, i}, pair->key);
    read_document(L, table, {"ocsp_staple", here.list, i}, pair->ocsp_staple);
  });
}

bool has(lua_State* L, int table, const field& f) {
  for (const char* suffix : {"", file_suffix.data()}) {
    lua_pushfstring(L, "%s%s", f.first, suffix);
    lua_gettable(L, table);
    const bool there = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (there || !f.second) return there;
  }
  return false;
}

// keyrev and key are the names of libtls's documents, the longer ones those of its code. Both at once raise.
const char* either(lua_State* L, int table, const place& one, const field& shorter, const field& longer) {
  if (!has(L, table, longer)) return shorter.first;
  if (has(L, table, shorter))
    luaL_error(L, "option '%s[%d].%s': also given as '%s'", one.list, one.index, shorter.first, longer.first);
  return longer.first;
}

struct wiped_key {
  ticket_key key{};
  ~wiped_key() { wipe(key.key); }
};

}  // namespace

template <>
const char box<wiped_key>::name[] = "stls.ticket_key";

ticket_key& push_ticket_key(lua_State* L, int table, int index, refusal& why) {
  ticket_key& key = push_box<wiped_key>(L).key;
  const place here{nullptr, "ticket_keys", index};
  check_keys(L, table, &here, ticket_key_fields);
  const auto& [keyrev, short_text, ticket_key_rev, long_text] = ticket_key_fields;
  const place revision{either(L, table, here, keyrev, ticket_key_rev), here.list, index};
  lua_getfield(L, table, revision.name);
  key.keyrev =
      static_cast<std::uint32_t>(whole_number(L, revision, 0, std::numeric_limits<std::uint32_t>::max()));
  lua_pop(L, 1);
  const place text{either(L, table, here, short_text, long_text), here.list, index};
  read_string(L, table, text, key.key, why);
  return key;
}

namespace {

void read_ticket_keys(lua_State* L, draft& d) {
  for_each(L, "ticket_keys", "list of ticket keys", LUA_TTABLE, [&](int i) {
    ticket_key& key = push_ticket_key(L, lua_gettop(L), i, d.why);
    guarded(L, [&] {
      if (d.why.given()) return;
      auto ring = d.opt.ticket_keys.ring() ? d.opt.ticket_keys.ring() : keyring::make({});
      if (!ring) return d.why.set(ring.error());
      d.opt.ticket_keys = *ring;
      auto added = ring->add(key);
      wipe(key.key);  // now, not when the box is collected
      if (added) return;
      added.error().message.insert(0, "ticket_keys: ");
      d.why.set(added.error());
    });
    lua_pop(L, 1);
  });
}

// -- the kinds

struct reader {
  lua_State* L;
  int table;
  int anchors;
  int kept;
  const char* name;
  draft& d;

  void operator()(words w) const {
    std::string& into = d.opt.*w.field;
    if (read_string(L, table, {name}, into, d.why) == given::path) strip_line_end(into);
  }
  void operator()(octets o) const { read_string(L, table, {name}, d.opt.*o.field, d.why); }
  void operator()(document m) const { read_document(L, table, {name}, d.opt.*m.field); }
  void operator()(flag f) const {
    with_value([&] { d.opt.*f.field = boolean(L, {name}); });
  }
  void operator()(number n) const {
    constexpr double limit = std::numeric_limits<int>::max();
    with_value([&] { d.opt.*n.field = static_cast<int>(whole_number(L, {name}, -limit, limit)); });
  }
  void operator()(seconds s) const {
    constexpr double limit = 1e15;
    with_value([&] {
      d.opt.*s.field =
          std::chrono::seconds(static_cast<std::int64_t>(whole_number(L, {name}, -limit, limit)));
    });
  }
  void operator()(count c) const {
    with_value([&] { d.opt.*c.field = static_cast<std::size_t>(whole_number(L, {name}, 0, 1e9)); });
  }
  void operator()(function f) const {
    with_value([&] {
      if (!lua_isfunction(L, -1)) wrong_type(L, {name}, "function");
      guarded(L, [&] { hooks::connect(d.told, f.which, d.opt); });
      lua_pushvalue(L, -1);
      lua_rawseti(L, anchors, static_cast<int>(f.which));
    });
  }
  void operator()(keypair_list) const {
    with_value([&] { read_keypairs(L, d.opt); });
  }
  void operator()(ticket_key_list) const {
    with_value([&] { read_ticket_keys(L, d); });
  }
  void operator()(data_list) const {
    with_value([&] {
      for_each(L, name, "list of strings", LUA_TSTRING, [&](int i) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, kept, i);
        const std::string_view s = string_at(L, -1);
        guarded(L, [&] { d.opt.crlite_data.push_back(std::as_bytes(std::span(s))); });
      });
    });
  }
  void operator()(verification) const {
    with_value([&] {
      if (!boolean(L, {name})) return;
      d.opt.insecure_noverifycert = d.opt.insecure_noverifyname = d.opt.insecure_noverifytime = false;
    });
  }

 private:
  // Runs the body with the option's value on top of the stack, if it has one.
  template <class Body>
  void with_value(Body&& body) const {
    if (!take_field(L, table, name)) return;
    std::forward<Body>(body)();
    lua_pop(L, 1);
  }
};

}  // namespace

void draft::forget() noexcept {
  wipe(opt.key_password);
  opt = {};
}

void read_options(lua_State* L, int table, draft& d) {
  table = absolute(L, table);
  lua_newtable(L);
  const int kept = lua_gettop(L);
  push_anchors(L, kept - 1);
  const int anchors = lua_gettop(L);
  luaL_checkstack(L, LUA_MINSTACK, "options");
  check_keys(L, table, nullptr, known_fields);
  guarded(L, [&] { d.told = std::make_shared<hooks>(); });
  for (const option& o : known) std::visit(reader{L, table, anchors, kept, o.name, d}, o.kind);
  lua_settop(L, kept);
}

}  // namespace stls::lua
