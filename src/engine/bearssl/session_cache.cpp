#include "engine/bearssl/session_cache.hpp"

#include "base/clock.hpp"

STLS_NAMESPACE_BEGIN

namespace {

std::string_view id_of(const bearssl_session& kept) noexcept {
  return {reinterpret_cast<const char*>(kept.parameters.session_id), kept.parameters.session_id_len};
}

}  // namespace

void session_cache::erase(entries::iterator which) noexcept {
  by_id_.erase(id_of(*which->kept));
  entries_.erase(which);
}

void session_cache::put(std::shared_ptr<const bearssl_session> kept, std::string servername) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_id_.find(id_of(*kept)); known != by_id_.end()) erase(known->second);
  entries_.push_front({std::move(kept), std::move(servername)});
  try {
    by_id_.emplace(id_of(*entries_.front().kept), entries_.begin());
  } catch (...) {
    entries_.pop_front();
    throw;
  }
  if (entries_.size() > limit) erase(std::prev(entries_.end()));
}

void session_cache::forget(const bearssl_session& which) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_id_.find(id_of(which)); known != by_id_.end()) erase(known->second);
}

std::shared_ptr<const bearssl_session> session_cache::find(std::string_view id, std::string_view servername) {
  const std::lock_guard lock(mutex_);
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return nullptr;
  const entry& found = *known->second;
  if (now_in_seconds() >= found.kept->good_until) {
    erase(known->second);
    return nullptr;
  }
  if (found.servername != servername) return nullptr;
  entries_.splice(entries_.begin(), entries_, known->second);
  return entries_.front().kept;
}

STLS_NAMESPACE_END
