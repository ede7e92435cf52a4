#include "engine/bearssl/hello_rest.hpp"

STLS_NAMESPACE_BEGIN

namespace {

using octet_span = std::span<const std::byte>;

// reader takes the fields of RFC 5246 section 4.
class reader {
 public:
  explicit reader(octet_span whole) noexcept : left_(whole) {}

  [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

  std::optional<std::size_t> number(std::size_t width) noexcept {
    if (left_.size() < width) return std::nullopt;
    std::size_t n = 0;
    for (const std::byte b : left_.first(width)) n = n << 8U | std::to_integer<std::size_t>(b);
    left_ = left_.subspan(width);
    return n;
  }

  // A vector stands behind its length, which has that width.
  std::optional<octet_span> vector(std::size_t width) noexcept {
    const auto size = number(width);
    if (!size || left_.size() < *size) return std::nullopt;
    const octet_span taken = left_.first(*size);
    left_ = left_.subspan(*size);
    return taken;
  }

 private:
  octet_span left_;
};

// RFC 6066 section 3: a list, of which nobody has more than one name.
std::optional<std::string_view> only_name(octet_span extension) noexcept {
  reader in(extension);
  const auto list = in.vector(2);
  if (!list || !in.at_end()) return std::nullopt;
  reader names(*list);
  const auto type = names.number(1);
  const auto name = names.vector(2);
  if (!type || *type != 0 || !name || !names.at_end()) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(name->data()), name->size());
}

}  // namespace

std::optional<std::string_view> servername_in(octet_span hello_rest) noexcept {
  reader in(hello_rest);
  const auto ciphers = in.vector(2);
  const auto compressions = in.vector(1);
  if (!ciphers || !compressions) return std::nullopt;
  if (in.at_end()) return std::string_view();
  const auto all = in.vector(2);
  if (!all) return std::nullopt;
  constexpr std::size_t server_name = 0;
  std::optional<std::string_view> found;
  for (reader extensions(*all); !extensions.at_end();) {
    const auto type = extensions.number(2);
    const auto content = extensions.vector(2);
    if (!type || !content) return std::nullopt;
    if (*type != server_name) continue;
    if (found) return std::nullopt;
    found = only_name(*content);
    if (!found) return std::nullopt;
  }
  return found.value_or(std::string_view());
}

STLS_NAMESPACE_END
