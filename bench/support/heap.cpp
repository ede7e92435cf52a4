#include "support/heap.hpp"

#include <malloc.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

// Peers have one thread. While nothing is weighed an allocation costs one addition and one branch more.
std::atomic<std::uint64_t> own_count{0};
std::atomic<std::uint64_t>* count = &own_count;
std::int64_t weight = 0;
bool weighing = false;

}  // namespace

#if defined(__GLIBC__)

namespace {

void* entered(void* block) noexcept {
  count->store(count->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (weighing && block != nullptr) weight += static_cast<std::int64_t>(malloc_usable_size(block));
  return block;
}

void leaves(void* block) noexcept {
  if (weighing && block != nullptr) weight -= static_cast<std::int64_t>(malloc_usable_size(block));
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
void* calloc(std::size_t number, std::size_t size) noexcept { return entered(__libc_calloc(number, size)); }
void* realloc(void* block, std::size_t size) noexcept {
  leaves(block);
  return entered(__libc_realloc(block, size));
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
  if (block == nullptr) return;
  leaves(block);
  __libc_free(block);
}
}

#endif

namespace bench::heap {

void count_in(std::atomic<std::uint64_t>& counter) noexcept { count = &counter; }
std::uint64_t mallocs() noexcept { return count->load(std::memory_order_relaxed); }

scales::scales() noexcept {
  weight = 0;
  weighing = true;
}
scales::~scales() { weighing = false; }
std::int64_t scales::bytes() const noexcept { return weight; }

}  // namespace bench::heap
