// require'heap': how many bytes of C's heap are in use, and whether a secret is still in memory. LuaJIT keeps
// its own objects elsewhere.
#include <lua.hpp>

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace {

int used(lua_State* L) {
  const std::size_t bytes = __sanitizer_get_current_allocated_bytes != nullptr
                                ? __sanitizer_get_current_allocated_bytes()
                                : mallinfo2().uordblks;
  lua_pushnumber(L, static_cast<lua_Number>(bytes));
  return 1;
}

// A secret is made of a number, letter by letter, so that whoever looks for it has no copy.
constexpr std::size_t secret_size = 48;

char letter(std::uint32_t seed, std::size_t at) {
  std::uint32_t x = seed * 2654435761U + static_cast<std::uint32_t>(at) * 40503U;
  x ^= x >> 15U;
  x *= 2246822519U;
  x ^= x >> 13U;
  return static_cast<char>('a' + x % 26);
}

// write_secret(path, seed) makes a file of one.
int write_secret(lua_State* L) {
  const char* path = luaL_checkstring(L, 1);
  const auto seed = static_cast<std::uint32_t>(luaL_checknumber(L, 2));
  std::array<char, secret_size> text{};
  for (std::size_t i = 0; i < text.size(); i++) text.at(i) = letter(seed, i);
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) close(file);
  explicit_bzero(text.data(), text.size());
  if (!written) return luaL_error(L, "cannot write '%s'", path);
  lua_pushstring(L, path);
  return 1;
}

// The first bytes of a block that was freed are the allocator's.
bool is_secret(const char* memory, std::uint32_t seed) {
  for (std::size_t i = 16; i < secret_size; i++) {
    if (memory[i] != letter(seed, i)) return false;
  }
  return true;
}

// holds(seed) looks at all memory but stacks and what is of files; nil: a sanitizer has the heap.
int holds(lua_State* L) {
  const auto seed = static_cast<std::uint32_t>(luaL_checknumber(L, 1));
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    lua_pushnil(L);
    return 1;
  }
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  if (maps == nullptr) return luaL_error(L, "cannot read /proc/self/maps");
  bool found = false;
  std::array<char, 512> line{};
  while (!found && std::fgets(line.data(), line.size(), maps) != nullptr) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    unsigned long file = 0;
    std::array<char, 5> may{};
    if (std::sscanf(line.data(), "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu", &begin, &end, may.data(),
                    &file) != 4)
      continue;
    if (std::strcmp(may.data(), "rw-p") != 0 || file != 0 || std::strstr(line.data(), "[stack") != nullptr)
      continue;
    for (; !found && begin + secret_size <= end; begin++)
      found = is_secret(reinterpret_cast<const char*>(begin), seed);
  }
  std::fclose(maps);
  lua_pushboolean(L, found ? 1 : 0);
  return 1;
}

}  // namespace

extern "C" int luaopen_heap(lua_State* L) {
  lua_newtable(L);
  const luaL_Reg functions[] = {{"used", used}, {"write_secret", write_secret}, {"holds", holds}};
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
  return 1;
}
