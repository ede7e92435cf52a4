// The options by name, in one list.
#include "lua/draft.hpp"

#include "lua/nearest.hpp"
#include "lua/object.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
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

bool can_be_file(const option& o) noexcept {
  return std::holds_alternative<words>(o.kind) || std::holds_alternative<octets>(o.kind) ||
         std::holds_alternative<document>(o.kind);
}

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

// read_file appends a small file; the refusal says why it cannot.
void read_file(const char* option_name, std::string_view path, std::string& into, refusal& why) {
  const std::string name(path);
  errno = name.find('\0') == std::string::npos ? 0 : EINVAL;
  std::FILE* file = errno == 0 ? std::fopen(name.c_str(), "rbe") : nullptr;
  if (file != nullptr) {
    std::array<char, 4096> some;
    std::size_t n = 0;
    while (into.size() <= largest_file && (n = std::fread(some.data(), 1, some.size(), file)) != 0)
      into.append(some.data(), n);
    errno = std::ferror(file) != 0 ? errno : into.size() > largest_file ? EFBIG : 0;
    const int failed = errno;
    std::fclose(file);
    std::fill(some.begin(), some.end(), '\0');
    errno = failed;
  }
  if (errno == 0) return;
  error e;
  e.code = std::error_code(errno, std::generic_category());
  e.message = std::string(option_name) + "_file: cannot read '" + name + "': " + e.code.message();
  if (!why.given()) why.set(e);
}

void strip_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

// Reads a string into one of the draft's; false: none was given.
bool read_string(lua_State* L, int table, const place& at, std::string& into, refusal& why) {
  const given how = take_string(L, table, at);
  if (how == given::nothing) return false;
  const std::string_view s = string_at(L, -1);
  guarded(L, [&] {
    if (how == given::text) {
      into = s;
    } else {
      into.clear();
      read_file(at.name, s, into, why);
    }
  });
  lua_pop(L, 1);
  return true;
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

// check_keys raises where a table has a key that has no meaning, and names the nearest that has. candidate(i)
// gives each name that has one, and whether it may be a file; after the last a null pointer.
template <class Candidate>
void check_keys(lua_State* L, int table, const place* inside, Candidate candidate) {
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "options are named by strings, not by a %s", luaL_typename(L, -1));
    const std::string_view key = string_at(L, -1);
    std::string_view best;
    unsigned least = std::numeric_limits<unsigned>::max();
    bool is_file = false;
    for (std::size_t i = 0; least != 0; i++) {
      const std::pair<const char*, bool> one = candidate(i);
      if (one.first == nullptr) break;
      const std::string_view name = one.first;
      const bool asks_file = one.second && key.ends_with(file_suffix);
      const std::string_view stem = asks_file ? key.substr(0, key.size() - file_suffix.size()) : key;
      const unsigned d = stem == name ? 0 : std::max(1U, distance(stem, name));
      if (d >= least) continue;
      best = name;
      least = d;
      is_file = asks_file;
    }
    if (least == 0) continue;
    // Names that are known end in a NUL.
    const char* suffix = is_file ? file_suffix.data() : "";
    if (inside == nullptr) {
      luaL_error(L, "unknown option '%s'; did you mean '%s%s'?", key.data(), best.data(), suffix);
      return;
    }
    luaL_error(L, "unknown option '%s' in %s[%d]; did you mean '%s%s'?", key.data(), inside->list,
               inside->index, best.data(), suffix);
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

using field = std::pair<const char*, bool>;  // a name, and whether it may be a file

constexpr std::array<field, 4> keypair_fields{
    {{"cert", true}, {"key", true}, {"ocsp_staple", true}, {nullptr, false}}};
constexpr std::array<field, 5> ticket_key_fields{
    {{"keyrev", false}, {"key", true}, {"ticket_key_rev", false}, {"ticket_key", true}, {nullptr, false}}};

void read_keypairs(lua_State* L, options& opt) {
  for_each(L, "keypairs", "list of keypairs", LUA_TTABLE, [&](int i) {
    const int table = lua_gettop(L);
    const place here{nullptr, "keypairs", i};
    check_keys(L, table, &here, [](std::size_t n) { return keypair_fields[n]; });
    keypair* pair = nullptr;
    guarded(L, [&] { pair = &opt.keypairs.emplace_back(); });
    read_document(L, table, {"cert", here.list, i}, pair->cert);
    read_document(L, table, {"key", here.list, i}, pair->key);
    read_document(L, table, {"ocsp_staple", here.list, i}, pair->ocsp_staple);
  });
}

// keyrev and key are the names of libtls's documents, the longer ones those of its code.
const char* either(lua_State* L, int table, const char* shorter, const char* longer) {
  if (!take_field(L, table, longer)) return shorter;
  lua_pop(L, 1);
  return longer;
}

}  // namespace

void read_ticket_key(lua_State* L, int table, int index, ticket_key& key, refusal& why) {
  const place here{nullptr, "ticket_keys", index};
  check_keys(L, table, &here, [](std::size_t n) { return ticket_key_fields[n]; });
  const place revision{either(L, table, "keyrev", "ticket_key_rev"), here.list, index};
  lua_getfield(L, table, revision.name);
  key.keyrev =
      static_cast<std::uint32_t>(whole_number(L, revision, 0, std::numeric_limits<std::uint32_t>::max()));
  lua_pop(L, 1);
  const char* text = either(L, table, "key", "ticket_key");
  lua_getfield(L, table, "ticket_key_file");
  if (!lua_isnil(L, -1)) text = "ticket_key";
  lua_pop(L, 1);
  read_string(L, table, {text, here.list, index}, key.key, why);
}

namespace {

void read_ticket_keys(lua_State* L, draft& d) {
  std::vector<ticket_key>& keys = push_box<std::vector<ticket_key>>(L);
  lua_insert(L, -2);
  for_each(L, "ticket_keys", "list of ticket keys", LUA_TTABLE, [&](int i) {
    ticket_key* key = nullptr;
    guarded(L, [&] { key = &keys.emplace_back(); });
    read_ticket_key(L, lua_gettop(L), i, *key, d.why);
  });
  guarded(L, [&] { d.opt.ticket_keys = std::move(keys); });
  lua_remove(L, -2);
}

// -- the kinds

struct reader {
  lua_State* L;
  int table;
  int anchors;
  const char* name;
  draft& d;

  void operator()(words w) const {
    std::string& into = d.opt.*w.field;
    if (read_string(L, table, {name}, into, d.why)) strip_line_end(into);
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
      for_each(L, name, "list of strings", LUA_TSTRING, [&](int) {
        const std::string_view s = string_at(L, -1);  // the table keeps it while the config is made
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

template <>
const char box<std::vector<ticket_key>>::name[] = "stls.ticket_keys";

void read_options(lua_State* L, int table, draft& d) {
  table = absolute(L, table);
  push_anchors(L, -1);
  const int anchors = lua_gettop(L);
  luaL_checkstack(L, LUA_MINSTACK, "options");
  check_keys(L, table, nullptr, [](std::size_t i) {
    return i < known.size() ? field(known[i].name, can_be_file(known[i])) : field(nullptr, false);
  });
  guarded(L, [&] { d.told = std::make_shared<hooks>(); });
  for (const option& o : known) std::visit(reader{L, table, anchors, o.name, d}, o.kind);
  lua_settop(L, anchors - 1);
}

}  // namespace stls::lua
