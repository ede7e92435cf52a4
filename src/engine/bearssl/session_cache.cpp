#include "engine/bearssl/session_cache.hpp"

#include "base/clock.hpp"

STLS_NAMESPACE_BEGIN

namespace {

std::string_view id_of(const bearssl_session& kept) noexcept {
  return {reinterpret_cast<const char*>(kept.parameters.session_id), kept.parameters.session_id_len};
}

}  // namespace

void session_cache::forget(std::list<entry>::iterator which) {
  by_id_.erase(id_of(*which->kept));
  entries_.erase(which);
}

void session_cache::put(std::shared_ptr<const bearssl_session> kept) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_id_.find(id_of(*kept)); known != by_id_.end()) forget(known->second);
  entries_.push_front({std::move(kept), now_in_seconds() + lifetime_});
  by_id_.emplace(id_of(*entries_.front().kept), entries_.begin());
  if (entries_.size() > limit) forget(std::prev(entries_.end()));
}

std::shared_ptr<const bearssl_session> session_cache::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return nullptr;
  if (now_in_seconds() >= known->second->good_until) {
    forget(known->second);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, known->second);
  return entries_.front().kept;
}

STLS_NAMESPACE_END
