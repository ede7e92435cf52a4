// Wiping memory.
#include "base/secret.hpp"

#include <utility>

#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
#include <string.h>
#define STLS_HAS_EXPLICIT_BZERO 1
#endif

STLS_NAMESPACE_BEGIN

namespace {

void overwrite(void* memory, std::size_t size) noexcept {
#ifdef STLS_HAS_EXPLICIT_BZERO
  explicit_bzero(memory, size);
#else
  // A volatile access is an effect that no compiler may drop.
  auto* p = static_cast<volatile unsigned char*>(memory);
  for (std::size_t i = 0; i < size; ++i) p[i] = 0;
#endif
}

}  // namespace

void wipe(std::span<std::byte> memory) noexcept {
  if (!memory.empty()) overwrite(memory.data(), memory.size());
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // does not allocate; lets the whole capacity be written to
  overwrite(text.data(), text.size());
  text.clear();
}

secret::secret(std::string_view content) : content_(content) {}

secret::secret(const secret& other) = default;

secret::secret(secret&& other) noexcept : content_(std::move(other.content_)) {
  wipe(other.content_);  // a short string is copied by a move, and its bytes stay behind
}

secret& secret::operator=(const secret& other) {
  if (this != &other) *this = secret(other);
  return *this;
}

secret& secret::operator=(secret&& other) noexcept {
  if (this != &other) {
    wipe(content_);
    content_ = std::move(other.content_);
    wipe(other.content_);
  }
  return *this;
}

secret::~secret() { wipe(content_); }

STLS_NAMESPACE_END
