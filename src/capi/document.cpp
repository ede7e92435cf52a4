#include "capi/document.hpp"

#include "base/fail.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

#include <span>
#include <string>
#include <utility>

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

result<keypair> pair_of_files(const char* cert, const char* key, const char* staple) {
  keypair pair;
  if (auto read = from_file("cert", cert, pair.cert); !read) return fail(std::move(read.error()));
  if (key != nullptr) {
    if (auto read = from_file("key", key, pair.key); !read) return fail(std::move(read.error()));
  }
  if (staple != nullptr) {
    if (auto read = from_file("ocsp_staple", staple, pair.ocsp_staple); !read)
      return fail(std::move(read.error()));
  }
  return pair;
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
