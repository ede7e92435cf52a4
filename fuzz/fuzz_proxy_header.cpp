// The PROXY protocol's headers: whatever comes, and in whatever portions, the verdict is the same; what is
// taken says the same when it is written and read again, in either version.

#include "sock/proxy_header.hpp"

#include "kit/input.hpp"
#include "kit/require.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

using stls::fuzz::require;
using verdict = stls::result<std::optional<stls::proxy_header>>;

// told is all that a verdict says.
std::string told(const verdict& v) {
  if (!v) return v.error().message;
  if (!*v) return "more";
  std::string text = std::to_string((*v)->size);
  if ((*v)->of_tcp) text += ' ' + (*v)->of_tcp->source.text() + ' ' + (*v)->of_tcp->destination.text();
  return text;
}

verdict read_in_portions(std::span<const std::byte> all, std::size_t portion) {
  verdict v = stls::read_proxy_header({});
  for (std::size_t come = 0; v && !*v && come < all.size();) {
    come = std::min(all.size(), come + portion);
    v = stls::read_proxy_header(all.first(come));
  }
  return v;
}

// written is the header as a proxy would send it.
std::string written(const stls::proxy_header::ends& of, bool as_line) {
  const bool v4 = of.source.host.find(':') == of.source.host.npos;
  // Where one end is an IPv4 address that was mapped, and the other is not, both are IPv6 addresses.
  const bool mixed = v4 != (of.destination.host.find(':') == of.destination.host.npos);
  const bool v6 = mixed || !v4;
  const auto host = [&](const stls::address& a) {
    return mixed && a.host.find(':') == a.host.npos ? "::ffff:" + a.host : a.host;
  };
  if (as_line) {
    return std::string("PROXY TCP") + (v6 ? "6 " : "4 ") + host(of.source) + ' ' + host(of.destination) +
           ' ' + std::to_string(of.source.port) + ' ' + std::to_string(of.destination.port) + "\r\n";
  }
  const std::size_t host_size = v6 ? 16 : 4;
  std::string block("\r\n\r\n\0\r\nQUIT\n\x21", 13);
  block += v6 ? '\x21' : '\x11';
  block += '\0';
  block += static_cast<char>(2 * host_size + 4);
  for (const stls::address* a : {&of.source, &of.destination}) {
    std::array<char, 16> wire{};
    require(::inet_pton(v6 ? AF_INET6 : AF_INET, host(*a).c_str(), wire.data()) == 1);
    block.append(wire.data(), host_size);
  }
  for (const stls::address* a : {&of.source, &of.destination}) {
    block += static_cast<char>(a->port >> 8U);
    block += static_cast<char>(a->port & 0xffU);
  }
  return block;
}

}  // namespace

// The first byte is the size of the portions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stls::fuzz::input in(data, size);
  const std::size_t portion = in.byte() + 1U;
  const std::span<const std::byte> all = in.rest();

  const verdict whole = stls::read_proxy_header(all);
  require(told(read_in_portions(all, portion)) == told(whole));
  require(told(read_in_portions(all, 1)) == told(whole));
  if (!whole) {
    require(whole.error() == stls::errc::protocol && whole.error().message.starts_with("PROXY header: "));
    return 0;
  }
  if (!*whole) {
    require(all.size() < stls::proxy_header::longest);
    return 0;
  }
  const stls::proxy_header& header = **whole;
  require(header.size >= 15 && header.size <= all.size() && header.size <= stls::proxy_header::longest);
  require(told(stls::read_proxy_header(all.first(header.size))) == told(whole));
  if (!header.of_tcp) return 0;
  for (const bool as_line : {true, false}) {
    const std::string text = written(*header.of_tcp, as_line);
    const verdict again = stls::read_proxy_header(std::as_bytes(std::span(text)));
    require(again && *again && (*again)->size == text.size() && (*again)->of_tcp);
    require((*again)->of_tcp->source == header.of_tcp->source &&
            (*again)->of_tcp->destination == header.of_tcp->destination);
  }
  return 0;
}
