#include "base/secret.hpp"

#include <stls/options.hpp>

STLS_NAMESPACE_BEGIN

material material::file(std::string path) { return {kind::file, std::move(path)}; }

material material::text(std::string_view content) { return {kind::text, std::string(content)}; }

material material::bytes(std::span<const std::byte> content) {
  return {kind::text, std::string(reinterpret_cast<const char*>(content.data()), content.size())};
}

material::material(material&& other) noexcept
    : kind_(std::exchange(other.kind_, kind::none)), content_(std::move(other.content_)) {
  wipe(other.content_);  // a short text is copied, not moved
}

material& material::operator=(const material& other) {
  if (this == &other) return *this;
  return *this = material(other);
}

material& material::operator=(material&& other) noexcept {
  if (this == &other) return *this;
  wipe(content_);
  kind_ = std::exchange(other.kind_, kind::none);
  content_ = std::move(other.content_);
  wipe(other.content_);
  return *this;
}

material::~material() { wipe(content_); }

STLS_NAMESPACE_END
