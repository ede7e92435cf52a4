// tls_config_set_sign_cb: the end that lacks the keys.
#include "base/fail.hpp"
#include "capi/config.hpp"

#include <stls/options.hpp>
#include <stls/sign_request.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

using stls::errc;
using stls::result;

namespace {

struct free_deleter {
  void operator()(uint8_t* memory) const noexcept { std::free(memory); }
};

stls::sign_function calling(tls_sign_cb callback, void* arg) {
  return [callback, arg](const stls::sign_request& request) -> result<std::vector<std::byte>> {
    const std::string key_hash(request.key_hash);
    uint8_t* memory = nullptr;
    size_t size = 0;
    const int answer = callback(arg, key_hash.c_str(), reinterpret_cast<const uint8_t*>(request.input.data()),
                                request.input.size(), static_cast<int>(request.padding), &memory, &size);
    const std::unique_ptr<uint8_t, free_deleter> signature(memory);
    if (answer == -1) return stls::fail(errc::handshake_failed, "the callback failed");
    if (!signature) return stls::fail(errc::handshake_failed, "the callback gave no signature");
    const auto made = std::as_bytes(std::span(signature.get(), size));
    return std::vector<std::byte>(made.begin(), made.end());
  };
}

}  // namespace

int tls_config_set_sign_cb(tls_config* config, tls_sign_cb sign_cb, void* cb_arg) {
  return stls::capi::change(config, [&](stls::options& opt) {
    opt.sign = sign_cb == nullptr ? stls::sign_function() : calling(sign_cb, cb_arg);
  });
}
