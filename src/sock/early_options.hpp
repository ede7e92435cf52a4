// early_options: options that a socket was given before it had a descriptor.
#pragma once

#include <stls/export.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>
#include <vector>

STLS_NAMESPACE_BEGIN

class early_options {
 public:
  void add(int level, int name, std::span<const std::byte> value) {
    all_.push_back({level, name, {value.begin(), value.end()}});
  }

  // apply sets them in the order in which they came, and gives what the system says to the first that it
  // refuses.
  [[nodiscard]] std::error_code apply(int descriptor) const noexcept {
    for (const option& o : all_) {
      if (::setsockopt(descriptor, o.level, o.name, o.value.data(), static_cast<socklen_t>(o.value.size())) !=
          0)
        return {errno, std::generic_category()};
    }
    return {};
  }

 private:
  struct option {
    int level;
    int name;
    std::vector<std::byte> value;
  };
  std::vector<option> all_;
};

STLS_NAMESPACE_END
