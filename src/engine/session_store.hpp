// The client's memory of sessions that can be resumed.
#pragma once

#include <stls/export.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

STLS_NAMESPACE_BEGIN

// session is what an engine keeps of one; only that engine knows what is in it.
class session {
 public:
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session() = default;
};

// session_store belongs to one config's client context. What sessions depend on (what was verified and how,
// the client's certificate, ALPN) is the same for all of them, so they are found by the server's name alone.
// It is bounded, and may be used from any thread.
class session_store {
 public:
  // use says how often a session may be offered: a TLS 1.3 ticket once, so that an observer cannot tell that
  // two connections are of one client (RFC 8446 appendix C.4).
  enum class use : unsigned char { once, often };

  explicit session_store(std::size_t limit) noexcept : limit_(limit) {}

  // put keeps a session until then. Over the limit the least recently used server's go.
  void put(std::string_view servername, std::shared_ptr<const session>, use,
           std::chrono::sys_seconds good_until);
  // forget drops a session that failed.
  void forget(std::string_view servername, const session*) noexcept;
  // take gives the newest session for a server, if there is a good one; one for single use is forgotten.
  [[nodiscard]] std::shared_ptr<const session> take(std::string_view servername);

 private:
  struct item {
    std::shared_ptr<const session> kept;
    use how = use::once;
    std::chrono::sys_seconds good_until;
  };
  struct server {
    std::string name;
    std::deque<item> items;  // the newest last
  };
  // Servers send two tickets at a time, as a rule; more than a few are for as many connections at the same
  // time.
  static constexpr std::size_t most_of_a_server = 8;

  std::size_t limit_;
  std::mutex mutex_;
  std::list<server> servers_;                                                  // the most recently used first
  std::unordered_map<std::string_view, std::list<server>::iterator> by_name_;  // views of server::name
  std::size_t size_ = 0;
};

STLS_NAMESPACE_END
