// Sharing of objects that were made of equal content: trust stores, keys.
#pragma once

#include "base/secret.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

STLS_NAMESPACE_BEGIN

// intern_count says how often objects of a kind were made, and how often one was found instead.
struct intern_count {
  std::size_t made = 0;
  std::size_t found = 0;
};

// What a table keeps alive itself. The latest object is for what is large and public, such as the roots of
// the system: a program that makes a config for each connection would else read them each time.
enum class interned { is_its_users, is_kept_while_latest };

// intern_table finds the living object that was made of equal content, or makes one. A kind of object has one
// table for the process. Content may be secret: it is wiped with the object.
template <class T>
class intern_table {
 public:
  explicit intern_table(interned keeping = interned::is_its_users) noexcept : keeping_(keeping) {}

  // find_or_make calls `make`, which returns result<T>, under the table's lock, so that content is parsed
  // once even when many threads ask for it at the same time.
  template <class Make>
  [[nodiscard]] result<std::shared_ptr<const T>> find_or_make(std::string_view content, Make&& make) {
    const std::size_t hash = std::hash<std::string_view>()(content);
    std::shared_ptr<const item> replaced;  // goes after the lock
    const std::lock_guard lock(mutex_);
    auto [entry, end] = entries_.equal_range(hash);
    while (entry != end) {
      const std::shared_ptr<const item> alive = entry->second.lock();
      if (!alive) {
        entry = entries_.erase(entry);
        continue;
      }
      if (alive->content.view() == content) {
        ++count_.found;
        if (keeping_ == interned::is_kept_while_latest) replaced = std::exchange(latest_, alive);
        return std::shared_ptr<const T>(alive, &alive->object);
      }
      ++entry;
    }
    forget_dead();
    result<T> object = std::forward<Make>(make)();
    if (!object) return tl::unexpected<error>(std::move(object.error()));
    auto made = std::make_shared<const item>(secret(content), std::move(*object));
    entries_.emplace(hash, made);
    ++count_.made;
    if (keeping_ == interned::is_kept_while_latest) replaced = std::exchange(latest_, made);
    return std::shared_ptr<const T>(made, &made->object);
  }

  [[nodiscard]] intern_count count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  struct item {
    item(secret c, T o) : content(std::move(c)), object(std::move(o)) {}
    secret content;
    T object;
  };

  // Amortised: a sweep is due only when the table has doubled since the last one.
  void forget_dead() {
    if (entries_.size() < sweep_at_) return;
    std::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 2 * entries_.size() + 8;
  }

  mutable std::mutex mutex_;
  std::unordered_multimap<std::size_t, std::weak_ptr<const item>> entries_;
  std::size_t sweep_at_ = 8;
  intern_count count_;
  const interned keeping_;
  std::shared_ptr<const item> latest_;  // null, unless it is kept
};

STLS_NAMESPACE_END
