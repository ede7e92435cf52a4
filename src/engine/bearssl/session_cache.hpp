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
#include <string>
#include <string_view>
#include <unordered_map>

STLS_NAMESPACE_BEGIN

// session_cache belongs to one config's server context, so all in it were made under the same settings. It is
// bounded: over the limit the least recently used go. It may be used from any thread.
class session_cache {
 public:
  explicit session_cache(std::chrono::seconds lifetime) noexcept : lifetime_(lifetime) {}

  [[nodiscard]] bool keeps() const noexcept { return lifetime_.count() > 0; }
  void put(std::shared_ptr<const bearssl_session>, std::string servername);
  void forget(const bearssl_session&) noexcept;
  // find gives the session of this ID, unless it is too old, or was made under another name of the server.
  [[nodiscard]] std::shared_ptr<const bearssl_session> find(std::string_view id, std::string_view servername);

 private:
  static constexpr std::size_t limit = 1024;  // each may hold a client's certificates

  struct entry {
    std::shared_ptr<const bearssl_session> kept;
    std::string servername;
  };
  using entries = std::list<entry>;
  void erase(entries::iterator) noexcept;

  std::chrono::seconds lifetime_;
  std::mutex mutex_;
  entries entries_;                                                // the most recently used first
  std::unordered_map<std::string_view, entries::iterator> by_id_;  // views of the sessions
};

STLS_NAMESPACE_END
