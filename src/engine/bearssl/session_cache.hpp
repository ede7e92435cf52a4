// A server's memory of sessions that can be resumed.
#pragma once

#include "engine/bearssl/sessions.hpp"

#include <stls/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

STLS_NAMESPACE_BEGIN

// session_cache belongs to one config's server context, so all in it were made under the same settings. It is
// bounded: over the limit the least recently used go. It may be used from any thread.
class session_cache {
 public:
  explicit session_cache(std::chrono::seconds lifetime) noexcept : lifetime_(lifetime) {}

  [[nodiscard]] bool keeps() const noexcept { return lifetime_.count() > 0; }
  void put(std::shared_ptr<const bearssl_session>);
  // find gives the session of this ID, unless it is older than the lifetime.
  [[nodiscard]] std::shared_ptr<const bearssl_session> find(std::string_view id);

 private:
  static constexpr std::size_t limit = 20'000;  // as libssl's

  struct entry {
    std::shared_ptr<const bearssl_session> kept;
    std::chrono::sys_seconds good_until;
  };
  void forget(std::list<entry>::iterator);

  std::chrono::seconds lifetime_;
  std::mutex mutex_;
  std::list<entry> entries_;                                                // the most recently used first
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_id_;  // views of the sessions
};

STLS_NAMESPACE_END
