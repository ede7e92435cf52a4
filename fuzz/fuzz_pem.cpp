// Documents of options: what is taken for PEM must be found again where it was said to be, and survive
// encoding.

#include "base/pem.hpp"
#include "kit/require.hpp"

#include <cstdint>
#include <string_view>

using stls::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto blocks = stls::pem_blocks(text);
  if (!blocks) {
    require(!blocks.error().message.empty());
    return 0;
  }
  require(!blocks->empty());
  for (const stls::pem_block& block : *blocks) {
    require(block.whole.data() >= text.data() &&
            block.whole.data() + block.whole.size() <= text.data() + size);
    require(block.has_headers == block.der.empty());
    const auto again = stls::pem_blocks(block.whole);
    require(again && again->size() == 1 && again->front().label == block.label &&
            again->front().der == block.der);
    if (block.has_headers) continue;
    const std::string encoded = stls::pem_encode(block.label, block.der);
    const auto decoded = stls::pem_blocks(encoded);
    require(decoded && decoded->size() == 1 && decoded->front().der == block.der);
  }
  return 0;
}
