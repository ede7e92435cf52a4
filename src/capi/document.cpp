#include "capi/document.hpp"

#include "base/fail.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

#include <span>
#include <string>

STLS_NAMESPACE_BEGIN

namespace capi {

result<void> from_file(std::string_view option, const char* path, material& into) {
  if (path == nullptr) return fail(errc::invalid_argument, cat({option, ": no file is named"}));
  auto content = read_file(path);
  if (!content) return fail(errc::bad_config, cat({option, ": ", content.error().message}));
  into = material::text(*content);
  wipe(*content);
  return {};
}

material from_memory(const std::uint8_t* content, std::size_t size) {
  if (content == nullptr) return {};
  return material::bytes(std::as_bytes(std::span(content, size)));
}

int set_file(tls_config& config, std::string_view option, const char* path, material options::*field) {
  material read;
  if (auto done = from_file(option, path, read); !done) return config.error.say(std::move(done.error()));
  config.change([&](options& opt) { opt.*field = std::move(read); });
  return 0;
}

int set_memory(tls_config& config, const std::uint8_t* content, std::size_t size, material options::*field) {
  config.change([&](options& opt) { opt.*field = from_memory(content, size); });
  return 0;
}

}  // namespace capi

STLS_NAMESPACE_END
