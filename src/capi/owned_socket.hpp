// A socket that the library opened, and closes.
#pragma once

#include <stls/export.hpp>

#include <unistd.h>

#include <utility>

STLS_NAMESPACE_BEGIN

namespace capi {

class owned_socket {
 public:
  owned_socket() noexcept = default;
  explicit owned_socket(int descriptor) noexcept : descriptor_(descriptor) {}
  owned_socket(owned_socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  owned_socket& operator=(owned_socket&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~owned_socket() { close(); }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  void close() noexcept {
    if (descriptor_ != -1) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_ = -1;
};

}  // namespace capi

STLS_NAMESPACE_END
