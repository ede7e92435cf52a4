// malloc and operator new, replaced for the whole test program.
//
// Under sanitizers malloc stays theirs. operator new is replaced everywhere, and takes its memory from
// malloc, so that leaks are still seen.
#include "support/heap.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STLS_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define STLS_TEST_SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(STLS_TEST_SANITIZED)
#define STLS_TEST_COUNTS_HEAP 1
#include <malloc.h>
#endif

namespace stls::test::heap {
namespace {

constexpr auto never = std::numeric_limits<std::size_t>::max();
thread_local std::size_t news_left = never;
thread_local bool denied = false;
thread_local unsigned allowed = 0;
thread_local std::size_t news_of_this_thread = 0;

bool deny() noexcept {
  if (news_left == never || allowed > 0) return false;
  if (news_left > 0) {
    --news_left;
    return false;
  }
  denied = true;
  return true;
}

}  // namespace

deny_new::deny_new(std::size_t nth) noexcept {
  news_left = nth;
  denied = false;
}
deny_new::~deny_new() { news_left = never; }
bool deny_new::reached() const noexcept { return denied; }

std::size_t news() noexcept { return news_of_this_thread; }

allow_new::allow_new() noexcept { ++allowed; }
allow_new::~allow_new() { --allowed; }

namespace detail {
void* take(std::size_t size, std::size_t alignment) {
  ++news_of_this_thread;
  if (deny()) throw std::bad_alloc();
  void* block = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    block = std::malloc(size == 0 ? 1 : size);
  } else if (posix_memalign(&block, alignment, size == 0 ? 1 : size) != 0) {
    block = nullptr;
  }
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
}  // namespace detail

}  // namespace stls::test::heap

void* operator new(std::size_t size) { return stls::test::heap::detail::take(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return stls::test::heap::detail::take(size, static_cast<std::size_t>(alignment));
}
// Its default goes to the one above, but not under AddressSanitizer, which would then see a wrong delete.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  try {
    return stls::test::heap::detail::take(size, 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

#if defined(STLS_TEST_COUNTS_HEAP)

namespace {

std::atomic<std::size_t> bytes_in_use{0};
std::atomic<std::size_t> blocks_in_use{0};
std::atomic<std::size_t> blocks_ever{0};

void* entered(void* block) noexcept {
  if (block != nullptr) {
    bytes_in_use.fetch_add(malloc_usable_size(block), std::memory_order_relaxed);
    blocks_in_use.fetch_add(1, std::memory_order_relaxed);
    blocks_ever.fetch_add(1, std::memory_order_relaxed);
  }
  return block;
}

void leaves(void* block) noexcept {
  if (block == nullptr) return;
  bytes_in_use.fetch_sub(malloc_usable_size(block), std::memory_order_relaxed);
  blocks_in_use.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

// glibc exports its own functions under these names too.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept { return entered(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) noexcept { return entered(__libc_calloc(count, size)); }
void* realloc(void* block, std::size_t size) noexcept {
  const auto before = block == nullptr ? 0 : malloc_usable_size(block);
  void* const moved = __libc_realloc(block, size);
  if (moved != nullptr || size == 0) {
    if (block != nullptr) {
      bytes_in_use.fetch_sub(before, std::memory_order_relaxed);
      blocks_in_use.fetch_sub(1, std::memory_order_relaxed);
    }
    entered(moved);
  }
  return moved;
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return entered(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return entered(__libc_memalign(alignment, size));
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  void* const block = entered(__libc_memalign(alignment, size));
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}
void free(void* block) noexcept {
  leaves(block);
  __libc_free(block);
}
}

bool stls::test::heap::counted() noexcept { return true; }
std::size_t stls::test::heap::in_use() noexcept { return bytes_in_use.load(std::memory_order_relaxed); }
std::size_t stls::test::heap::blocks() noexcept { return blocks_in_use.load(std::memory_order_relaxed); }
std::size_t stls::test::heap::taken() noexcept { return blocks_ever.load(std::memory_order_relaxed); }

#else

bool stls::test::heap::counted() noexcept { return false; }
std::size_t stls::test::heap::in_use() noexcept { return 0; }
std::size_t stls::test::heap::blocks() noexcept { return 0; }
std::size_t stls::test::heap::taken() noexcept { return 0; }

#endif
