// Runs a program in Lua again and again; each time another allocation of Lua fails. Whatever comes of it,
// nothing may leak, neither of Lua's memory, which is counted, nor of C's, at which the sanitizer looks, or
// without one a look at the heap, which must not grow again and again with the same allocation. Usage:
// shortage PROGRAM ARGUMENT...
#include <lua.hpp>

#include <malloc.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace {

// counted is an allocator that knows what is out, and fails once it is told to.
struct counted {
  std::size_t in_use = 0;
  long until_failure = -1;  // so many requests are granted; -1: all

  static void* serve(void* self, void* block, std::size_t old_size, std::size_t new_size) {
    auto& c = *static_cast<counted*>(self);
    if (block == nullptr) old_size = 0;  // Lua 5.4 says there what it is for
    if (new_size == 0) {
      std::free(block);
      c.in_use -= old_size;
      return nullptr;
    }
    if (new_size > old_size && c.refuses()) return nullptr;
    void* fresh = std::realloc(block, new_size);
    if (fresh != nullptr) c.in_use += new_size - old_size;
    return fresh;
  }

  // Twice in a row: Lua 5.4 collects its garbage after the first, and tries again.
  bool refuses() {
    if (until_failure < 0) return false;
    if (until_failure > 0) return until_failure--, false;
    if (++refused_ == 2) until_failure = -1;
    return true;
  }
  [[nodiscard]] bool has_refused() const { return refused_ != 0; }

 private:
  int refused_ = 0;
};

int armed(lua_State* L) {
  void* c = nullptr;
  lua_getallocf(L, &c);
  static_cast<counted*>(c)->until_failure = static_cast<long>(lua_tointeger(L, lua_upvalueindex(1)));
  return 0;
}

enum class outcome { done, failed, leaked };

// The program gets its arguments, and the function from which on the n-th allocation fails.
outcome run(int argc, char** argv, long n, std::string& said) {
  counted memory;
  lua_State* L = lua_newstate(counted::serve, &memory);
  luaL_openlibs(L);
  int status = luaL_loadfile(L, argv[1]);
  if (status == 0) {
    lua_pushinteger(L, n);
    lua_pushcclosure(L, armed, 1);
    for (int i = 2; i < argc; i++) lua_pushstring(L, argv[i]);
    status = lua_pcall(L, argc - 1, 0, 0);
  }
  memory.until_failure = -1;
  const char* error = status != 0 ? lua_tostring(L, -1) : "";
  said = error != nullptr ? error : "an error that is no string";
  lua_close(L);
  if (memory.in_use != 0) return outcome::leaked;
  if (status == 0 && n >= 0 && !memory.has_refused()) return outcome::done;
  return status == 0 && n < 0 ? outcome::done : outcome::failed;
}

// 0 where a sanitizer has a heap of its own. The allocator's caches of a thread must be off: what is in them
// counts.
std::size_t heap_in_use() { return mallinfo2().uordblks; }

// Libraries keep a little of what they make only once, and the allocator does not always cut a block to the
// same size; what leaks does so each time.
bool grows_again(int argc, char** argv, long n, std::size_t before) {
  std::string said;
  for (int i = 0; i < 10; i++) {
    const std::size_t now = heap_in_use();
    if (now <= before) return false;
    before = now;
    run(argc, argv, n, said);
  }
  return heap_in_use() > before;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::string said;
  for (int i = 0; i < 3; i++) {
    if (run(argc, argv, -1, said) == outcome::done) continue;
    std::fprintf(stderr, "without a shortage: %s\n", said.c_str());
    return 1;
  }
  long n = 0;
  for (;; n++) {
    said.clear();
    const std::size_t before = heap_in_use();
    const outcome o = run(argc, argv, n, said);
    if (o == outcome::done) break;
#ifdef __SANITIZE_ADDRESS__
    if (__lsan_do_recoverable_leak_check() != 0) {
      std::fprintf(stderr, "allocation %ld: %s\n", n, said.c_str());
      return 1;
    }
#endif
    if (grows_again(argc, argv, n, before)) {
      std::fprintf(stderr, "allocation %ld: C's memory has leaked: %s\n", n, said.c_str());
      return 1;
    }
    if (o == outcome::leaked) {
      std::fprintf(stderr, "allocation %ld: Lua's memory has leaked: %s\n", n, said.c_str());
      return 1;
    }
    if (!said.empty() && said.find("not enough memory") == std::string::npos) {
      std::fprintf(stderr, "allocation %ld: %s\n", n, said.c_str());
      return 1;
    }
  }
  std::printf("%ld allocations failed, one at a time\n", n);
  return n < 300 ? 1 : 0;  // else the program has not done what it should
}
