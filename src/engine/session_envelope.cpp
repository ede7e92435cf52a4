#include "engine/session_envelope.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"

#include <algorithm>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::string_view magic = "stls-session-1\n";

std::span<const std::byte> as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

std::uint64_t as_number(std::chrono::sys_seconds time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

tl::unexpected<error> not_a_session() {
  return fail(errc::invalid_argument, "session: not an exported session");
}

std::optional<std::span<const std::byte>> session_reader::take(std::uint64_t n) noexcept {
  if (n > left_.size()) return std::nullopt;
  const auto taken = left_.first(static_cast<std::size_t>(n));
  left_ = left_.subspan(static_cast<std::size_t>(n));
  return taken;
}

std::optional<std::uint64_t> session_reader::number() noexcept {
  const auto taken = take(sizeof(std::uint64_t));
  if (!taken) return std::nullopt;
  std::uint64_t n = 0;
  for (const std::byte b : *taken) n = n << 8U | std::to_integer<std::uint64_t>(b);
  return n;
}

std::optional<std::span<const std::byte>> session_reader::block() noexcept {
  const auto size = number();
  return size ? take(*size) : std::nullopt;
}

void put_number(bytes& into, std::uint64_t number) {
  for (unsigned shift = 64; shift != 0;) into.push_back(static_cast<std::byte>(number >> (shift -= 8)));
}

void put_block(bytes& into, std::span<const std::byte> block) {
  put_number(into, block.size());
  into.insert(into.end(), block.begin(), block.end());
}

bytes wrap(const session_owner& owner, std::chrono::sys_seconds good_until,
           std::span<const std::byte> inside) {
  bytes exported;
  // At once, so that no copy of the secret is left behind by a growing vector.
  exported.reserve(magic.size() + owner.identity.size() + owner.engine.size() + owner.servername.size() +
                   3 * sizeof(std::uint64_t) + inside.size());
  exported.insert(exported.end(), as_bytes(magic).begin(), as_bytes(magic).end());
  put_block(exported, as_bytes(owner.engine));
  exported.insert(exported.end(), owner.identity.begin(), owner.identity.end());
  put_number(exported, as_number(good_until));
  put_block(exported, as_bytes(owner.servername));
  exported.insert(exported.end(), inside.begin(), inside.end());
  return exported;
}

result<std::optional<unwrapped>> unwrap(std::span<const std::byte> exported, const session_owner& owner) {
  session_reader in(exported);
  const auto word = in.take(magic.size());
  if (!word || !same(*word, as_bytes(magic))) return not_a_session();
  const auto engine = in.block();
  const auto made_with = in.take(owner.identity.size());
  const auto until = in.number();
  const auto name = in.block();
  if (!engine || !made_with || !until || !name) return not_a_session();
  if (!same(*engine, as_bytes(owner.engine)))
    return fail(errc::invalid_argument, "session: of another engine");
  if (!same(*name, as_bytes(owner.servername)))
    return fail(errc::invalid_argument, "session: of another server");
  if (!same(*made_with, owner.identity))
    return fail(errc::invalid_argument, "session: made with other settings");
  const auto current = now_in_seconds();
  if (*until <= as_number(current) || *until > as_number(current + longest_session))
    return std::optional<unwrapped>();
  return unwrapped{in.left(), std::chrono::sys_seconds(std::chrono::seconds(*until))};
}

STLS_NAMESPACE_END
