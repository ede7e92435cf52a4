#include "engine/session_store.hpp"

#include "base/clock.hpp"

STLS_NAMESPACE_BEGIN

void session_store::put(std::string_view servername, std::shared_ptr<const session> kept, use how,
                        std::chrono::sys_seconds good_until) {
  if (limit_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(servername);
  if (known == by_name_.end()) {
    servers_.push_front({std::string(servername), {}});
    try {
      by_name_.emplace(servers_.front().name, servers_.begin());
    } catch (...) {
      servers_.pop_front();
      throw;
    }
  } else {
    servers_.splice(servers_.begin(), servers_, known->second);
  }
  auto& items = servers_.front().items;
  if (how == use::often) {  // one is enough
    size_ -= items.size();
    items.clear();
  }
  items.push_back({std::move(kept), how, good_until});
  ++size_;
  if (items.size() > most_of_a_server) {
    items.pop_front();
    --size_;
  }
  while (size_ > limit_) {
    server& last = servers_.back();
    if (!last.items.empty()) {  // it is after a put that ran out of memory
      last.items.pop_front();
      --size_;
    }
    if (!last.items.empty()) continue;
    by_name_.erase(last.name);
    servers_.pop_back();
  }
}

void session_store::forget(std::string_view servername, const session* which) noexcept {
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(servername);
  if (known == by_name_.end()) return;
  const auto entry = known->second;
  size_ -= std::erase_if(entry->items, [&](const item& i) { return i.kept.get() == which; });
  if (!entry->items.empty()) return;
  by_name_.erase(known);
  servers_.erase(entry);
}

std::shared_ptr<const session> session_store::take(std::string_view servername) {
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(servername);
  if (known == by_name_.end()) return nullptr;
  const auto entry = known->second;
  std::shared_ptr<const session> found;
  const auto time = now_in_seconds();
  while (!entry->items.empty() && !found) {
    item& newest = entry->items.back();
    if (time < newest.good_until) found = newest.kept;
    if (found && newest.how == use::often) break;
    entry->items.pop_back();
    --size_;
  }
  if (entry->items.empty()) {
    by_name_.erase(known);
    servers_.erase(entry);
  } else {
    servers_.splice(servers_.begin(), servers_, entry);
  }
  return found;
}

STLS_NAMESPACE_END
