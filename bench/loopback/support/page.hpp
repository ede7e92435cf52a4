// page: memory that a peer's two processes share.
#pragma once

#include "support/peer.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

namespace bench {

// tally is what one process counts. Only that one writes it.
struct tally {
  std::atomic<std::uint64_t> mallocs{0};
  std::atomic<std::uint64_t> system_calls{0};
};

struct page {
  tally client;
  tally server;
  std::atomic<std::uint16_t> echo_port{0};
  std::atomic<std::uint16_t> sink_port{0};
  std::array<char, 512> server_says{};  // why the last connection that failed did

  // make gives memory that stays the same in processes forked later, for as long as they run.
  static page& make() {
    void* const memory =
        mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw failure("no shared memory");
    return *::new (memory) page;
  }

  void say(std::string_view what) noexcept {
    const std::size_t n = std::min(what.size(), server_says.size() - 1);
    std::memcpy(server_says.data(), what.data(), n);
    server_says[n] = '\0';
  }
};

}  // namespace bench
