#include "support/flight.hpp"

#include <algorithm>

namespace stls::test {
namespace {

// reader takes big-endian numbers and vectors; beyond the end it gives nothing and ok is false.
class reader {
 public:
  explicit reader(std::span<const std::byte> data) : left_(data) {}

  std::span<const std::byte> take(std::size_t n) {
    if (n > left_.size()) {
      ok = false;
      n = 0;
    }
    const auto part = left_.first(n);
    left_ = left_.subspan(n);
    return part;
  }
  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const auto byte : take(size)) value = value << 8U | std::to_integer<std::size_t>(byte);
    return value;
  }
  std::span<const std::byte> vector(std::size_t length_size) { return take(number(length_size)); }
  [[nodiscard]] bool empty() const { return left_.empty(); }

  bool ok = true;

 private:
  std::span<const std::byte> left_;
};

bytes copy(std::span<const std::byte> data) { return {data.begin(), data.end()}; }

std::uint16_t as16(std::size_t value) { return static_cast<std::uint16_t>(value & 0xffffU); }

std::vector<std::uint16_t> numbers(std::span<const std::byte> data) {
  std::vector<std::uint16_t> out;
  for (reader in(data); !in.empty() && in.ok;) out.push_back(as16(in.number(2)));
  return out;
}

void put(bytes& to, std::size_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) to.push_back(static_cast<std::byte>(value >> (8 * i) & 0xffU));
}

void put_vector(bytes& to, std::span<const std::byte> data, std::size_t length_size) {
  put(to, data.size(), length_size);
  append(to, data);
}

// The handshake messages of the first records, as one run of bytes.
bytes handshake_bytes(std::span<const std::byte> flight) {
  bytes out;
  for (const auto& r : records(flight)) {
    if (r.type != 22) break;
    append(out, r.content);
  }
  return out;
}

std::optional<hello> parse_hello(std::span<const std::byte> flight, std::size_t type) {
  const auto all = handshake_bytes(flight);
  reader in(all);
  if (in.number(1) != type) return std::nullopt;
  reader body(in.vector(3));
  hello h;
  h.version = as16(body.number(2));
  h.random = copy(body.take(32));
  h.session_id = copy(body.vector(1));
  if (type == 1) {
    h.ciphers = numbers(body.vector(2));
    h.compressions = copy(body.vector(1));
  } else {
    h.ciphers = {as16(body.number(2))};
    h.compressions = copy(body.take(1));
  }
  if (!body.empty()) {
    for (reader list(body.vector(2)); !list.empty() && list.ok;) {
      const auto id = as16(list.number(2));
      h.extensions[id] = copy(list.vector(2));
    }
  }
  if (!in.ok || !body.ok) return std::nullopt;
  return h;
}

}  // namespace

std::vector<record> records(std::span<const std::byte> flight) {
  std::vector<record> all;
  for (reader in(flight); !in.empty();) {
    record r;
    r.type = static_cast<std::uint8_t>(in.number(1));
    r.version = as16(in.number(2));
    r.content = copy(in.vector(2));
    if (!in.ok) break;
    all.push_back(std::move(r));
  }
  return all;
}

bytes to_wire(const record& r) {
  bytes out;
  put(out, r.type, 1);
  put(out, r.version, 2);
  put_vector(out, r.content, 2);
  return out;
}

std::optional<std::string> hello::servername() const {
  const auto found = extensions.find(0);
  if (found == extensions.end()) return std::nullopt;
  reader in(found->second);
  reader list(in.vector(2));
  (void)list.number(1);
  return to_text(list.vector(2));
}

std::vector<std::string> hello::alpn() const {
  std::vector<std::string> out;
  const auto found = extensions.find(16);
  if (found == extensions.end()) return out;
  reader in(found->second);
  for (reader list(in.vector(2)); !list.empty() && list.ok;) out.push_back(to_text(list.vector(1)));
  return out;
}

namespace {
std::vector<std::uint16_t> number_list(const hello& h, std::uint16_t extension, std::size_t length_size) {
  const auto found = h.extensions.find(extension);
  if (found == h.extensions.end()) return {};
  reader in(found->second);
  return numbers(in.vector(length_size));
}
}  // namespace

std::vector<std::uint16_t> hello::groups() const { return number_list(*this, 10, 2); }
std::vector<std::uint16_t> hello::signature_algorithms() const { return number_list(*this, 13, 2); }
std::vector<std::uint16_t> hello::versions() const { return number_list(*this, 43, 1); }

std::optional<hello> client_hello(std::span<const std::byte> flight) { return parse_hello(flight, 1); }
std::optional<hello> server_hello(std::span<const std::byte> flight) { return parse_hello(flight, 2); }

bytes to_wire(const hello& h) {
  bytes body;
  put(body, h.version, 2);
  append(body, h.random);
  put_vector(body, h.session_id, 1);
  put(body, 2 * h.ciphers.size(), 2);
  for (const auto cipher : h.ciphers) put(body, cipher, 2);
  put_vector(body, h.compressions, 1);
  bytes list;
  for (const auto& [id, content] : h.extensions) {
    if (id == 41) continue;  // pre_shared_key must be last
    put(list, id, 2);
    put_vector(list, content, 2);
  }
  put_vector(body, list, 2);
  bytes message;
  put(message, 1, 1);
  put_vector(message, body, 3);
  return to_wire(record{.type = 22, .version = 0x0301, .content = std::move(message)});
}

std::vector<plain_alert> plain_alerts(std::span<const std::byte> flight) {
  std::vector<plain_alert> all;
  for (const auto& r : records(flight)) {
    if (r.type != 21 || r.content.size() != 2) continue;
    all.push_back({std::to_integer<int>(r.content[0]), std::to_integer<int>(r.content[1])});
  }
  return all;
}

}  // namespace stls::test
