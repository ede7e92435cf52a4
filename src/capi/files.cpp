// tls_load_file and tls_unload_file.
#include "base/file.hpp"
#include "base/secret.hpp"
#include "capi/entry.hpp"
#include "capi/exported.hpp"

#include <stls/engine.hpp>

#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

// content_of reads a file; with a password, it is a key, which the first engine that can decrypts.
stls::result<stls::secret> content_of(const char* file, const char* password) {
  auto read = stls::read_file(file);
  if (!read) return stls::fail(std::move(read.error()));
  stls::secret content(*read);
  stls::wipe(*read);
  if (password == nullptr) return content;
  for (const stls::provider* engine : stls::providers()) {
    if (!engine->capabilities().encrypted_keys) continue;
    auto clear = engine->decrypted_key(content.view(), password);
    if (!clear) return stls::fail(std::move(clear.error()));
    stls::secret key(*clear);
    stls::wipe(*clear);
    return key;
  }
  return stls::fail(stls::errc::unsupported, "encrypted keys: no engine can read them");
}

}  // namespace

// NOLINTNEXTLINE(readability-non-const-parameter): libtls's declaration
uint8_t* tls_load_file(const char* file, size_t* len, char* password) {
  return stls::capi::query<uint8_t*>(nullptr, [&]() -> uint8_t* {
    if (file == nullptr || len == nullptr) return nullptr;
    *len = 0;
    const auto content = content_of(file, password);
    if (!content) return nullptr;
    const std::string_view text = content->view();
    auto* loaded = static_cast<uint8_t*>(std::malloc(text.size() + 1));
    if (loaded == nullptr) return nullptr;
    std::memcpy(loaded, text.data(), text.size());
    loaded[text.size()] = 0;
    *len = text.size();
    return loaded;
  });
}

void tls_unload_file(uint8_t* buf, size_t len) {
  const stls::capi::errno_cleared at_end;
  if (buf == nullptr) return;
  stls::wipe(std::as_writable_bytes(std::span(buf, len)));
  std::free(buf);
}
