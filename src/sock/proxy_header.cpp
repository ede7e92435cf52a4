#include "sock/proxy_header.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/decimal.hpp"
#include "sock/ip_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

STLS_NAMESPACE_BEGIN

namespace {

using namespace std::string_view_literals;
using verdict = result<std::optional<proxy_header>>;
using octets = std::span<const std::byte>;

constexpr std::string_view line_signature = "PROXY ";
constexpr std::string_view block_signature = "\r\n\r\n\0\r\nQUIT\n"sv;

tl::unexpected<error> malformed(std::initializer_list<std::string_view> why) {
  return fail(errc::protocol, cat({"PROXY header: ", cat(why)}));
}

std::string_view as_text(octets bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t number(octets wire) noexcept {
  std::size_t n = 0;
  for (const std::byte b : wire) n = n << 8U | std::to_integer<std::size_t>(b);
  return n;
}

// -- version 1: a line

// first_word takes what stands before the next space, and the space, off a line.
std::string_view first_word(std::string_view& line) noexcept {
  const auto space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

result<std::string> read_host(std::string_view word, bool v6) {
  const auto host = v6 ? ip_address::parse_v6(word) : ip_address::parse_v4(word);
  if (!host) return malformed({in_quotes(word), " is no ", v6 ? "IPv6" : "IPv4", " address"});
  return host->text();
}

result<std::uint16_t> read_port(std::string_view word) {
  const auto port = parse_decimal(word, 65535);
  if (!port) return malformed({in_quotes(word), " is no port"});
  return static_cast<std::uint16_t>(*port);
}

// What stands between the signature and the CRLF.
result<std::optional<proxy_header::ends>> read_line(std::string_view line) {
  const std::string_view protocol = first_word(line);
  if (protocol == "UNKNOWN") return std::nullopt;  // whatever follows
  const bool v6 = protocol == "TCP6";
  if (!v6 && protocol != "TCP4")
    return malformed({in_quotes(protocol), " is no protocol; TCP4, TCP6 and UNKNOWN are"});
  auto source = read_host(first_word(line), v6);
  if (!source) return fail(std::move(source.error()));
  auto destination = read_host(first_word(line), v6);
  if (!destination) return fail(std::move(destination.error()));
  const auto from = read_port(first_word(line));
  if (!from) return fail(from.error());
  const auto to = read_port(line);  // all that is left
  if (!to) return fail(to.error());
  proxy_header::ends e;
  e.source.host = std::move(*source);
  e.source.port = *from;
  e.destination.host = std::move(*destination);
  e.destination.port = *to;
  return e;
}

verdict read_version_1(std::string_view come) {
  const std::string_view line = come.substr(0, proxy_header::longest_line);
  const auto end = line.find_first_of("\r\n");
  if (end >= proxy_header::longest_line - 1) {
    if (line.size() < proxy_header::longest_line) return std::nullopt;
    return malformed({"no line end in ", std::to_string(proxy_header::longest_line), " bytes"});
  }
  if (line[end] == '\r' && line.size() == end + 1) return std::nullopt;
  if (line.substr(end, 2) != "\r\n") return malformed({"a line end that is not CRLF"});
  auto of_tcp = read_line(line.substr(line_signature.size(), end - line_signature.size()));
  if (!of_tcp) return fail(std::move(of_tcp.error()));
  return proxy_header{.size = end + 2, .of_tcp = std::move(*of_tcp)};
}

// -- version 2: a block

constexpr std::size_t fixed_size = 16;
constexpr std::size_t checksum_size = 4;

// As of the protocol.
constexpr unsigned local_command = 0;
constexpr unsigned proxy_command = 1;
constexpr unsigned ipv4_family = 1;
constexpr unsigned ipv6_family = 2;
constexpr unsigned unix_family = 3;
constexpr unsigned stream_protocol = 1;
constexpr unsigned datagram_protocol = 2;
constexpr unsigned checksum_type = 3;

constexpr std::array<std::size_t, 4> host_sizes{0, 4, 16, 108};  // by the family

// CRC-32C (RFC 4960 appendix B).
std::uint32_t crc32c(std::uint32_t crc, octets bytes) noexcept {
  constexpr std::uint32_t polynomial = 0x82f63b78;
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? polynomial : 0);
  }
  return crc;
}

// It is computed over the whole header, with zeros where it stands itself.
std::uint32_t checksum_of(octets header, std::size_t at) noexcept {
  constexpr std::array<std::byte, checksum_size> zeros{};
  std::uint32_t crc = 0xffffffff;
  crc = crc32c(crc, header.first(at));
  crc = crc32c(crc, zeros);
  crc = crc32c(crc, header.subspan(at + checksum_size));
  return ~crc;
}

// What a header carries from `at` on: of that only the checksum matters.
result<void> check_extensions(octets header, std::size_t at) {
  bool checked = false;
  while (at < header.size()) {
    const octets left = header.subspan(at);
    const std::size_t size = left.size() < 3 ? left.size() : number(left.subspan(1, 2));
    if (left.size() < 3 || left.size() - 3 < size) return malformed({"an extension that is not whole"});
    at += 3;
    if (std::to_integer<unsigned>(left[0]) == checksum_type) {
      if (size != checksum_size || std::exchange(checked, true))
        return malformed({"must have one checksum of 4 bytes, or none"});
      if (number(header.subspan(at, size)) != checksum_of(header, at))
        return malformed({"its checksum is wrong"});
    }
    at += size;
  }
  return {};
}

address read_address(octets host, octets port) {
  address a;
  a.host = ip_address::of(host).text();
  a.port = static_cast<std::uint16_t>(number(port));
  return a;
}

verdict read_version_2(octets come) {
  // Each byte is judged as soon as it is there.
  if (come.size() <= 12) return std::nullopt;
  const auto version = std::to_integer<unsigned>(come[12]) >> 4U;
  const auto command = std::to_integer<unsigned>(come[12]) & 0xfU;
  if (version != 2) return malformed({"version ", std::to_string(version), " is not known"});
  if (command > proxy_command) return malformed({"command ", std::to_string(command), " is not known"});
  if (come.size() <= 13) return std::nullopt;
  const bool local = command == local_command;
  const auto family = std::to_integer<unsigned>(come[13]) >> 4U;
  const auto protocol = std::to_integer<unsigned>(come[13]) & 0xfU;
  if (!local && family > unix_family)
    return malformed({"family of addresses ", std::to_string(family), " is not known"});
  if (!local && protocol > datagram_protocol)
    return malformed({"protocol ", std::to_string(protocol), " is not known"});
  if (come.size() < fixed_size) return std::nullopt;
  const std::size_t size = fixed_size + number(come.subspan(14, 2));
  if (size > proxy_header::longest) {
    return malformed(
        {std::to_string(size), " bytes are too many; at most ", std::to_string(proxy_header::longest)});
  }
  // Of LOCAL all is passed over. Where the family is not said, neither is where its addresses end.
  proxy_header made{.size = size, .of_tcp = std::nullopt};
  const bool has_addresses = !local && family != 0 && protocol != 0;
  const std::size_t host_size = host_sizes.at(local ? 0 : family);
  const std::size_t port_size = family == unix_family ? 0 : 2;
  const std::size_t end = fixed_size + 2 * (host_size + port_size);
  if (has_addresses && size < end)
    return malformed({std::to_string(size), " bytes have no room for addresses"});
  if (come.size() < size) return std::nullopt;
  if (!has_addresses) return made;
  const octets header = come.first(size);
  if (auto done = check_extensions(header, end); !done) return fail(std::move(done.error()));
  if (protocol == stream_protocol && (family == ipv4_family || family == ipv6_family)) {
    const octets hosts = header.subspan(fixed_size, 2 * host_size);
    const octets ports = header.subspan(fixed_size + 2 * host_size, 4);
    made.of_tcp.emplace();
    made.of_tcp->source = read_address(hosts.first(host_size), ports.first(2));
    made.of_tcp->destination = read_address(hosts.last(host_size), ports.last(2));
  }
  return made;
}

}  // namespace

result<std::optional<proxy_header>> read_proxy_header(std::span<const std::byte> come) {
  return guarded([&]() -> verdict {
    const std::string_view text = as_text(come);
    const std::string_view signature =
        text.starts_with(block_signature.front()) ? block_signature : line_signature;
    const auto [differs, wanted] =
        std::mismatch(text.begin(), text.end(), signature.begin(), signature.end());
    if (wanted == signature.end())
      return signature == block_signature ? read_version_2(come) : read_version_1(text);
    if (differs == text.end()) return std::nullopt;
    const std::string_view front = text.substr(0, static_cast<std::size_t>(differs - text.begin()) + 1);
    return malformed({"none came, but ", in_quotes(front)});
  });
}

STLS_NAMESPACE_END
