#include "config/ticket_keys.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "config/ticket_key_file.hpp"

#include <algorithm>

STLS_NAMESPACE_BEGIN

namespace {

std::array<std::byte, ticket_name_size> name_of(std::uint32_t keyrev) noexcept {
  std::array<std::byte, ticket_name_size> name{};
  for (unsigned i = 0; i < 4; ++i) name.at(i) = static_cast<std::byte>(keyrev >> (24U - 8U * i));
  return name;
}

}  // namespace

bool keyring::body::works(const entry& e, std::chrono::seconds lifetime) {
  return now() - e.added < lifetime;
}

result<void> keyring::body::insert(std::uint32_t keyrev, secret key) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].keyrev != keyrev) continue;
    const bool newest = i + 1 == keys_.size();
    if (!newest || keys_[i].key.view() != key.view()) {
      return fail(errc::bad_config, cat({"keyrev ", std::to_string(keyrev), ": ticket key already present"}));
    }
    keys_[i].added = now();
    return {};
  }
  if (keys_.size() == most) keys_.erase(keys_.begin());
  keys_.push_back({keyrev, std::move(key), now()});
  return {};
}

result<void> keyring::body::add(const ticket_key& given) {
  if (given.key.size() != ticket_key_size) {
    return fail(errc::bad_config, cat({"keyrev ", std::to_string(given.keyrev), ": a key of ",
                                       std::to_string(given.key.size()), " bytes; ticket keys have 48"}));
  }
  const std::lock_guard lock(mutex_);
  return insert(given.keyrev, secret(given.key));
}

bool keyring::body::rotate(std::chrono::seconds lifetime) {
  // Half a lifetime: a ticket that was sealed with the key's last breath still lives as long as half of what
  // was promised, and four keys are more than what can be alive.
  if (!keys_.empty() && works(keys_.back(), lifetime / 2)) return true;
  std::array<std::byte, ticket_key_size> key{};
  std::array<std::byte, sizeof(std::uint32_t)> number{};
  if (!fill_random(key) || !fill_random(number)) return false;
  std::uint32_t keyrev = 0;
  for (const std::byte b : number) keyrev = keyrev << 8U | std::to_integer<std::uint32_t>(b);
  const bool added =
      insert(keyrev, secret({reinterpret_cast<const char*>(key.data()), key.size()})).has_value();
  wipe(key);
  return added;
}

std::optional<sealing_key> keyring::body::to_seal(std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  if (automatic() && !rotate(lifetime)) return std::nullopt;
  if (keys_.empty() || !works(keys_.back(), lifetime)) return std::nullopt;
  return sealing_key{name_of(keys_.back().keyrev), keys_.back().key};
}

std::optional<keyring::body::opening_key> keyring::body::to_open(std::span<const std::byte> name,
                                                                 std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  if (automatic() && !rotate(lifetime)) return std::nullopt;
  for (const entry& e : keys_) {
    const auto own = name_of(e.keyrev);
    if (!std::equal(name.begin(), name.end(), own.begin(), own.end()) || !works(e, lifetime)) continue;
    return opening_key{.key = {own, e.key}, .newest = &e == &keys_.back()};
  }
  return std::nullopt;
}

void keyring::body::adopt(const body& other) {
  if (&other == this) return;
  const std::scoped_lock lock(mutex_, other.mutex_);
  for (auto e = other.keys_.rbegin(); e != other.keys_.rend() && keys_.size() < most; ++e) {
    const bool known =
        std::any_of(keys_.begin(), keys_.end(), [&](const entry& k) { return k.keyrev == e->keyrev; });
    if (!known) keys_.insert(keys_.begin(), *e);
  }
}

keyring::keyring() noexcept = default;
keyring::keyring(const keyring&) noexcept = default;
keyring::keyring(keyring&&) noexcept = default;
keyring& keyring::operator=(const keyring&) noexcept = default;
keyring& keyring::operator=(keyring&&) noexcept = default;
keyring::~keyring() = default;

keyring::keyring(std::shared_ptr<body> shared) noexcept : body_(std::move(shared)) {}

result<keyring> keyring::make(const std::vector<ticket_key>& keys) {
  return guarded([&]() -> result<keyring> {
    keyring made(std::make_shared<body>(body::kind::given));
    for (const ticket_key& key : keys) {
      if (auto added = made.body_->add(key); !added) return fail(std::move(added.error()));
    }
    return made;
  });
}

result<void> keyring::add(const ticket_key& key) {
  if (!body_) return fail(errc::invalid_state, "the keyring is empty; make it with keyring::make");
  return guarded([&] { return body_->add(key); });
}

ticket_key_source ticket_key_source::file(std::string path) {
  ticket_key_source made;
  made.path_ = std::move(path);
  return made;
}

result<keyring> parse_ticket_keys(const ticket_key_source& source) {
  if (source.ring()) return source.ring();
  if (!source.path().empty()) return read_ticket_keys(source.path());
  if (source.keys().empty()) return keyring(std::make_shared<keyring::body>(keyring::body::kind::automatic));
  auto ring = keyring::make(source.keys());
  if (!ring) {
    ring.error().message = cat({"ticket_keys: ", ring.error().message});
    return fail(std::move(ring.error()));
  }
  return ring;
}

STLS_NAMESPACE_END
